// One order's state, folded from its events, whatever order they arrived in. As `domain.order` and
// its neighbours do it, as far as a verdict stands on it.

import { findingsOf } from "./findings.mjs";
import { sameInstrument } from "./obligation.mjs";
import { firstAmount, firstText, nameKey, readAmount, readEnd, readInstant, readStart, readText, sameText } from "./reading.mjs";
import { RANKS, foldRefund, isAboutRefund, readInstrument, readStep } from "./refund.mjs";
import { withOneId } from "./refund_names.mjs";

const MORE_RANKS = {
  "dispute.opened": 0, "dispute.withdrawn": 1, "dispute.won": 2, "dispute.accepted": 3, "dispute.lost": 4,
  "order.placed": 0, "order.imported": 1,
};
const LAST_RANK = 99;
const PLACED = ["order.placed", "order.imported"];
const ENDED = ["order.cancelled", "order.expired_unpaid"];
export const CAPTURED = ["payment.captured", "payment.confirmed_manually"];
const GAPS = ["source.gap_detected", "source.gap_filled"];

// `events`: `{type, source, id, occurredAt, data}` each.
export function foldOrder(events) {
  const facts = withOneId(inOrder(events));
  const of = (...types) => facts.filter(({ type }) => types.includes(type));
  const placements = of(...PLACED);
  const placement = placements[0] ?? null;
  const said = placement?.data ?? {};
  const ended = of(...ENDED).at(-1) ?? null;
  const refunds = foldRefunds(facts);
  const [captured, undone] = foldPayments(of(...CAPTURED, "payment.authorised", "payment.failed"));
  const confirmed = of("payment.confirmed_by_shop").filter(({ at }) => undone === null || (at !== null && at > undone));
  const payments = captured.length ? captured : confirmedByShop(confirmed);
  const disputes = foldDisputes(facts);
  const order = {
    facts,
    placed: readStep(placement, null, false),
    currency: readText(said.currency),
    total: readAmount(said.total),
    language: readText(said.buyer?.language),
    sourceChannel: readText(said.source_channel),
    payments,
    refundTotals: foldRefundTotals(of("payment.refund_total_reported")),
    cancelled: readStep(ended, ended?.type === "order.cancelled" ? "reason_code" : null, false),
    refunds,
    disputes,
    compensations: foldCompensations(facts),
    exchanges: of("exchange.agreed").map(({ at, id }) => ({ at, id })),
    demands: of("aftersales.requested").map(({ at, id, data }) => ({ at, id, kind: readText(data.kind), amount: readAmount(data.amount) })),
    contacts: of("message.sent", "message.received"),
    gaps: foldGaps(of(...GAPS)),
    closures: of("psp_account.closed").map(({ at, id, data }) => ({ psp: readText(data.psp), at: readInstant(data.at) ?? at, id })),
    counterEvidence: of("claim.counter_evidence").map(({ at, id, data }) => ({ refundId: readText(data.refund_id), at, id })),
    attached: of("evidence.attached").map(({ id }) => id),
    events: facts.length,
  };
  const named = [...payments.map((one) => one.currency), order.currency, ...[...refunds.values()].map((one) => one.currency)];
  order.moneyCurrency = named.find(Boolean) ?? null;
  order.paymentsOf = (refund) => {
    const own = payments.filter((one) => refund.paymentId === one.paymentId || refund.paymentId === one.pspPaymentId);
    return own.length ? own : payments;
  };
  order.findings = findingsOf(order, placements);
  return order;
}

function inOrder(events) {
  const facts = events.map(({ type, source, id, occurredAt, data, version }) => ({
    at: readInstant(occurredAt), type, source, id, time: occurredAt, data, version, rank: RANKS[type] ?? MORE_RANKS[type] ?? LAST_RANK,
  }));
  return facts.sort(
    (one, other) =>
      compareTimes(one.at, other.at) || one.rank - other.rank || compareTexts(one.source, other.source) || compareTexts(one.id, other.id),
  );
}

// A time that cannot be read stands before all others, where it overrules nothing.
function compareTimes(one, other) {
  if (one === other) return 0;
  if (one === null || other === null) return one === null ? -1 : 1;
  return one < other ? -1 : 1;
}

// By code points, which is not how JavaScript compares.
function compareTexts(one, other) {
  const [left, right] = [Array.from(one), Array.from(other)];
  for (let place = 0; place < Math.min(left.length, right.length); place += 1) {
    const difference = left[place].codePointAt(0) - right[place].codePointAt(0);
    if (difference) return difference;
  }
  return left.length - right.length;
}

function groupBy(facts, keyOf) {
  const groups = new Map();
  for (const fact of facts) {
    const key = keyOf(fact);
    groups.set(key, [...(groups.get(key) ?? []), fact]);
  }
  return groups;
}

function foldRefunds(facts) {
  const about = facts.filter(({ type, data }) => isAboutRefund(type) && readText(data.refund_id) !== null);
  const groups = groupBy(about, ({ data }) => readText(data.refund_id));
  return new Map([...groups].map(([id, own]) => [id, foldRefund(id, own)]));
}

// Each payment id once; a later report fills and replaces an earlier, and that a capture failed after
// all undoes it. With the instant of the last that was undone.
function foldPayments(facts) {
  const payments = new Map();
  const promised = new Map();
  let undone = null;
  for (const { type, at, id, data } of facts) {
    const named = readText(data.payment_id) ?? readText(data.psp_payment_id);
    if (type === "payment.failed") {
      if (nameKey(readText(data.cause)) === "capturefailed" && payments.delete(named ?? "")) undone = at;
      continue;
    }
    if (type === "payment.authorised") {
      if (named !== null) promised.set(named, { id, instrument: readInstrument(data.instrument) });
      continue;
    }
    const paymentId = named ?? id;
    const one = {
      paymentId,
      psp: readText(data.psp),
      pspPaymentId: readText(data.psp_payment_id),
      amount: readAmount(data.amount),
      currency: readText(data.currency),
      instrument: readInstrument(data.instrument),
      at,
      ids: [id],
      differs: false,
    };
    const old = payments.get(paymentId);
    payments.set(paymentId, old ? merged(old, one) : one);
  }
  return [[...payments.values()].map((payment) => filled(payment, promised)), undone];
}

// What a capture leaves out of what was paid with, its authorisation may tell.
function filled(payment, promised) {
  const known = promised.get(payment.paymentId) ?? promised.get(payment.pspPaymentId);
  if (!known?.instrument || !sameInstrument(payment.instrument, known.instrument)) return payment;
  const own = payment.instrument ?? known.instrument;
  const parts = ["kind", "brand", "last4", "country"];
  const whole = Object.fromEntries(parts.map((name) => [name, own[name] || known.instrument[name]]));
  if (payment.instrument && parts.every((name) => whole[name] === payment.instrument[name])) return payment;
  return { ...payment, instrument: whole, ids: [known.id, ...payment.ids] };
}

// What providers say went back in all, by payment: the last report of each counts.
function foldRefundTotals(facts) {
  const totals = new Map();
  for (const { id, data } of facts) {
    const amount = readAmount(data.amount);
    const paymentId = readText(data.payment_id) ?? readText(data.psp_payment_id) ?? "";
    const ids = [...(totals.get(paymentId)?.ids ?? []), id];
    if (amount !== null) totals.set(paymentId, { psp: readText(data.psp), amount, currency: readText(data.currency), ids });
  }
  return [...totals.values()];
}

// That a shop calls an order paid counts only where no capture is known: it is the same money.
function confirmedByShop(facts) {
  if (!facts.length) return [];
  const newest = [...facts].reverse().map(({ data }) => data);
  return [{
    paymentId: firstText(newest.map((said) => said.payment_id)) ?? facts[0].id,
    psp: firstText(newest.map((said) => said.psp)),
    pspPaymentId: firstText(newest.map((said) => said.psp_payment_id)),
    amount: firstAmount(newest.map((said) => said.amount)),
    currency: firstText(newest.map((said) => said.currency)),
    instrument: null,
    at: facts[0].at,
    ids: facts.map(({ id }) => id),
    differs: false,
  }];
}

function merged(old, one) {
  const amounts = new Set([old.amount, one.amount].filter((amount) => amount !== null));
  return {
    paymentId: old.paymentId,
    psp: one.psp ?? old.psp,
    pspPaymentId: one.pspPaymentId ?? old.pspPaymentId,
    amount: one.amount ?? old.amount,
    currency: one.currency ?? old.currency,
    instrument: one.instrument ?? old.instrument,
    at: old.at ?? one.at,
    ids: [...old.ids, ...one.ids],
    differs: old.differs || amounts.size > 1 || !sameText(old.currency, one.currency),
  };
}

function foldDisputes(facts) {
  const about = facts.filter(({ type }) => /^dispute\.(opened|lost|accepted|won|withdrawn)$/.test(type));
  const groups = groupBy(about, ({ data }) => readText(data.dispute_id) ?? readText(data.psp_dispute_id) ?? "");
  return [...groups].map(([disputeId, own]) => {
    const newest = own.map(({ data }) => data).reverse();
    const state = own.at(-1).type.slice("dispute.".length);
    return {
      disputeId,
      state: state === "opened" ? "open" : state,
      moneyWentOut: state === "lost" || state === "accepted",
      paymentId: firstText(newest.map((data) => data.payment_id)),
      amount: firstAmount(newest.map((data) => data.amount)),
      currency: firstText(newest.map((data) => data.currency)),
      reason: firstText(newest.map((data) => data.reason)),
      respondBy: newest.map((data) => data.respond_by),
      openedAt: own.find(({ type }) => type === "dispute.opened")?.at ?? null,
      decidedAt: own.findLast(({ type }) => type !== "dispute.opened")?.at ?? null,
      ids: own.map(({ id }) => id),
    };
  });
}

// What the seller took back after all is accepted no more.
const ANSWERS = new Set(["compensation.accepted", "compensation.declined", "compensation.cancelled"]);

function foldCompensations(facts) {
  const about = facts.filter(({ type }) => /^compensation\.(offered|accepted|declined|issued|used|expired|cancelled)$/.test(type));
  const groups = groupBy(about, ({ data, id }) => readText(data.compensation_id) ?? id);
  return [...groups.values()].map((own) => {
    const newest = own.map(({ data }) => data).reverse();
    const answer = own.findLast(({ type }) => ANSWERS.has(type));
    const accepted = answer?.type === "compensation.accepted";
    return {
      state: own.at(-1).type.slice("compensation.".length),
      accepted,
      kind: firstText(newest.map((data) => data.kind)),
      amount: firstAmount(newest.map((data) => data.amount)),
      currency: firstText(newest.map((data) => data.currency)),
      insteadOf: firstText(newest.map((data) => data.instead_of)),
      acceptedAt: accepted ? answer.at : null,
      ids: own.map(({ id }) => id),
    };
  });
}

// The gaps that nothing has filled.
function foldGaps(facts) {
  const gaps = [];
  const filled = [];
  for (const { type, at, id, data } of facts) {
    const gap = { source: readText(data.source), start: readStart(data.from), end: readEnd(data.to) ?? at, id };
    (type === "source.gap_detected" ? gaps : filled).push(gap);
  }
  return gaps.filter((gap) => !filled.some((filling) => fills(filling, gap)));
}

// A report whose fields are sealed must not close a gap that other readers see open.
function fills(filling, gap) {
  return (
    filling.source !== null && sameText(filling.source, gap.source) &&
    filling.start !== null && filling.end !== null &&
    (gap.start === null || filling.start <= gap.start) && gap.end !== null && filling.end >= gap.end
  );
}
