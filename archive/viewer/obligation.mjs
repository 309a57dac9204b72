// The decision table of one obligation: rows 13 to 34. The first row that holds decides. As
// `domain.obligation` does it.

import { RULES } from "./rules.mjs";
import { addDays, addWeekdays, holdsName, nameKey, nameWords, sameText, utcDay } from "./reading.mjs";

const WAITING = ["PENDING_WITHIN_WINDOW", "SETTLED_WITHIN_WINDOW", "SETTLED_NO_REFERENCE"];
const { policy } = RULES;

export function judgeRefund(order, refund, chain, asOf) {
  const expectedBy = expected(order, refund);
  const [row, verdict] = decide(order, refund, chain, expectedBy, asOf);
  const alarmDay = alarm(refund);
  const ids = chain.members.flatMap((member) => member.ids);
  if (verdict === "COMPENSATION_INSTEAD") ids.push(...order.compensations.filter((one) => one.accepted).flatMap((one) => one.ids));
  if (verdict === "SOURCE_GAP") ids.push(...absences(order, refund));
  return {
    ...bare(order, refund),
    verdict,
    row,
    also: verdict === "AMOUNT_MISMATCH" ? [decidePaid(order, refund, expectedBy, asOf)[1]] : [],
    expectedBy,
    deadline: deadline(verdict, refund, expectedBy, asOf),
    nextAnswer: nextAnswer(verdict, expectedBy, asOf),
    alarm: row === 34 && alarmDay !== null && asOf > alarmDay,
    ids,
  };
}

// An earlier member of a chain: it failed and another refund stands for it.
export function replaced(order, refund) {
  return {
    ...bare(order, refund), verdict: "FAILED_REISSUED", row: 0, also: [], expectedBy: null, deadline: null,
    nextAnswer: null, alarm: false, ids: refund.ids,
  };
}

// The obligation of a cancelled order for which nobody opened a refund.
export function unopened(order, amount, currency, asOf) {
  const verdict = "CANCELLED_BUT_NO_REFUND";
  return {
    refund: null, state: "missing", verdict, row: 10, also: [], amount, currency: currency || null,
    psp: order.payments.find((one) => one.psp)?.psp ?? null, expectedBy: null, deadline: asOf,
    nextAnswer: nextAnswer(verdict, null, asOf), alarm: false, ids: order.cancelled ? [order.cancelled.id] : [],
  };
}

// The obligation of money that a provider says went back by refunds it did not tell of.
export function unnamed(order, amount, currency, asOf) {
  const verdict = "SOURCE_GAP";
  const totals = order.refundTotals.filter((total) => total.amount > 0);
  return {
    refund: null, state: "missing", verdict, row: 11, also: [], amount, currency: currency || null,
    psp: [...totals, ...order.payments].find((one) => one.psp)?.psp ?? null, expectedBy: null,
    deadline: addDays(asOf, policy.answer_days), nextAnswer: nextAnswer(verdict, null, asOf), alarm: false,
    ids: totals.flatMap((total) => total.ids),
  };
}

function bare(order, refund) {
  const amount = refund.promised;
  return {
    refund,
    state: refund.state,
    amount: amount?.[0] ?? null,
    currency: amount?.[1] || refund.currency || order.moneyCurrency,
    psp: pspOf(order, refund),
  };
}

function decide(order, refund, chain, expectedBy, asOf) {
  const { state } = refund;
  const instead = order.compensations.some((one) => one.accepted && one.insteadOf !== null && chain.ids.has(one.insteadOf));
  if (!refund.moneyWentOut && instead) return [13, "COMPENSATION_INSTEAD"];
  if (state === "requested") return [14, "REQUESTED_UNDECIDED"];
  if (state === "rejected") return [15, "REJECTED"];
  if (state === "approved") return [16, "APPROVED_NOT_SUBMITTED"];
  const underWay = ["submitted", "pending", "action_required"].includes(state);
  if (underWay && absences(order, refund, refund.lastFactAt).length) return [17, "SOURCE_GAP"];
  if (state === "submitted") return [18, "SUBMISSION_UNKNOWN"];
  const open = refund.expiresOn === null || asOf <= refund.expiresOn;
  if (state === "action_required" && open) return [19, "PENDING_CUSTOMER_ACTION"];
  if (state === "action_required" || state === "cancelled") return [20, "REFUND_CANCELLED"];
  if (state === "pending") {
    if (policy.no_funds_reasons.includes(nameKey(refund.pendingReason))) return [21, "PENDING_NO_FUNDS"];
    return expectedBy !== null && asOf <= expectedBy ? [22, "PENDING_WITHIN_WINDOW"] : [23, "PENDING_OVERDUE"];
  }
  if (state === "failed") return [24, "FAILED_NOT_REISSUED"];
  if (state === "offline") return [25, "OTHER_INSTRUMENT"];
  if (settledDiffers(refund)) return [26, "AMOUNT_MISMATCH"];
  return decidePaid(order, refund, expectedBy, asOf);
}

function decidePaid(order, refund, expectedBy, asOf) {
  const { status } = refund.reference;
  if (refund.confirmed !== null) return [27, "CONFIRMED_RECEIVED"];
  if (wentElsewhere(order, refund)) return [28, "OTHER_INSTRUMENT"];
  if (refund.reversal) return [29, "REVERSED_NO_CREDIT_LINE"];
  if (status === "available") {
    return expectedBy !== null && asOf <= expectedBy ? [30, "SETTLED_WITHIN_WINDOW"] : [31, "SETTLED_REFERENCE_GIVEN"];
  }
  if (status === "unavailable" || lacksReference(order, refund)) return [32, "SETTLED_NO_REFERENCE"];
  if (absences(order, refund).length) return [33, "SOURCE_GAP"];
  return [34, "SUCCEEDED_REFERENCE_PENDING"];
}

// Whether money went to something else than what paid, as far as both sides are known.
export function wentElsewhere(order, refund) {
  if (refund.redirected !== null) return true;
  const replaces = [...order.refunds.values()].filter((other) => other.reissuedAs.includes(refund.refundId));
  const routes = [refund.route, replaces.find((other) => other.reissueRoute)?.reissueRoute];
  if (routes.some((route) => route && !nameKey(route).startsWith("original"))) return true;
  const payments = order.paymentsOf(refund);
  return payments.length > 0 && !payments.some((payment) => sameInstrument(refund.destination, payment.instrument));
}

// Compares only what both sides have.
export function sameInstrument(one, other) {
  if (one === null || other === null) return true;
  return ["kind", "brand", "last4"].every((name) => sameText(one[name], other[name]));
}

function pspOf(order, refund) {
  return refund.psp || (order.paymentsOf(refund).find((payment) => payment.psp)?.psp ?? null);
}

// When the customer hears from us again; null where nothing is left to say.
export function nextAnswer(verdict, expectedBy, asOf) {
  if (RULES.next_actors[verdict] === "nobody") return null;
  if (expectedBy !== null && asOf <= expectedBy && WAITING.includes(verdict)) return addWeekdays(expectedBy, 1);
  return addDays(asOf, policy.answer_days);
}

function settledDiffers({ settled, approved, submitted, presentment }) {
  if (settled === null) return false;
  const steps = [approved, submitted].filter(Boolean);
  const agreed = [
    steps.find((step) => step.amount !== null)?.amount ?? null,
    steps.find((step) => step.currency !== null)?.currency ?? null,
  ];
  if (matches([settled.amount, settled.currency], agreed)) return false;
  return presentment === null || !matches(presentment, agreed);
}

function matches(one, other) {
  return (one[0] === null || other[0] === null || one[0] === other[0]) && sameText(one[1], other[1]);
}

function lacksReference(order, refund) {
  return [pspOf(order, refund), ...methods(order, refund)].some((method) => policy.methods_without_reference.includes(nameKey(method)));
}

// Kind and brand of what the money goes to; where that is not said, of what paid.
function methods(order, refund) {
  const instruments = refund.destination === null ? order.paymentsOf(refund).map((one) => one.instrument) : [refund.destination];
  return instruments.filter(Boolean).flatMap(({ kind, brand }) => [kind, brand]);
}

// How many weekdays a refund may take: the row that names most of provider, method and country.
function windowOf(order, refund) {
  const psp = nameKey(pspOf(order, refund));
  const keys = methods(order, refund).filter(Boolean).map(nameKey);
  const instruments = [refund.destination, ...order.paymentsOf(refund).map((one) => one.instrument)];
  const country = nameKey(instruments.find((one) => one?.country)?.country ?? null);
  const rows = policy.windows.filter(
    (row) =>
      nameKey(row.psp) === psp &&
      (row.method === null || keys.includes(nameKey(row.method))) &&
      (row.country === null || nameKey(row.country) === country),
  );
  const weight = (row) => (row.method === null ? 0 : 2) + (row.country === null ? 0 : 1);
  const most = rows.reduce((best, row) => (best === null || weight(row) > weight(best) ? row : best), null);
  return most === null ? policy.window_weekdays : most.weekdays;
}

// The events that say that this refund's provider cannot be heard, after an instant.
function absences(order, refund, after = null) {
  let psps = refund.psp ? [nameKey(refund.psp)] : [];
  if (!psps.length) psps = order.paymentsOf(refund).filter((one) => one.psp).map((one) => nameKey(one.psp));
  return [
    ...order.gaps.filter((gap) => concerns(gap, refund, psps, after)).map(({ id }) => id),
    ...order.closures.filter((one) => closes(one, psps, after)).map(({ id }) => id),
  ];
}

function concerns(gap, refund, psps, after) {
  if (after !== null && gap.end !== null && gap.end <= after) return false;
  if (gap.source === null) return true;
  if (refund.sources.some((source) => sameText(gap.source, source))) return true;
  if (!psps.length) return nameWords(gap.source).includes("psp");
  return psps.some((psp) => holdsName(gap.source, psp));
}

function closes(closure, psps, after) {
  if (after !== null && closure.at !== null && closure.at <= after) return false;
  return closure.psp === null || !psps.length || psps.includes(nameKey(closure.psp));
}

function expected(order, refund) {
  const start = refund.state === "pending" ? refund.pendingSince : refund.paidAt;
  if (start === null) return null;
  return addWeekdays(utcDay(start), windowOf(order, refund));
}

function alarm(refund) {
  return refund.paidAt === null ? null : addDays(utcDay(refund.paidAt), policy.reference_alarm_days);
}

function deadline(verdict, refund, expectedBy, asOf) {
  if (RULES.next_actors[verdict] === "nobody") return null;
  if (verdict === "PENDING_CUSTOMER_ACTION") return refund.expiresOn;
  const approvedAt = refund.approved?.at ?? null;
  if (verdict === "APPROVED_NOT_SUBMITTED" && approvedAt !== null) return addDays(utcDay(approvedAt), policy.submit_days);
  if (verdict === "SUBMISSION_UNKNOWN" && refund.lastFactAt !== null) return utcDay(refund.lastFactAt);
  if (verdict === "SUCCEEDED_REFERENCE_PENDING") return alarm(refund);
  if (["FAILED_NOT_REISSUED", "PENDING_NO_FUNDS", "PENDING_OVERDUE"].includes(verdict)) return asOf;
  if (expectedBy !== null && asOf <= expectedBy && WAITING.includes(verdict)) return expectedBy;
  return addDays(asOf, policy.answer_days);
}
