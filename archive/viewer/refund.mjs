// One refund, folded from its own facts. As `domain.refund`, `domain.reference`,
// `domain.settlement` and `domain.chain` do it.

import { firstText, formatMoney, nameKey, readAmount, readDay, readStart, readText } from "./reading.mjs";

// Order of a refund's facts that happened at the same instant.
export const RANKS = Object.fromEntries(
  [
    "requested", "rejected", "approved", "submitted", "submission_unknown", "accepted",
    "customer_action_required", "cancelled", "succeeded", "settled", "offline_recorded", "failed", "bounced",
  ].map((name, rank) => [`refund.${name}`, rank]),
);
const FINAL = {
  "refund.cancelled": "cancelled",
  "refund.succeeded": "paid",
  "refund.settled": "paid",
  "refund.offline_recorded": "offline",
  "refund.failed": "failed",
  "refund.bounced": "failed",
};
const ABOUT = new Set([
  ...Object.keys(RANKS), "refund.reference_recorded", "refund.reference_unavailable", "refund.reissued",
  "refund.redirected", "refund.customer_confirmed", "refund.customer_notified",
]);
// What the seller or the provider made, and so names amounts and numbers.
const MADE = new Set([...ABOUT].filter((type) => !type.startsWith("refund.customer_c") && type !== "refund.customer_notified"));

export const isAboutRefund = (type) => ABOUT.has(type);
export const isMadeRefund = (type) => MADE.has(type);

export function readStep(fact, note = null, priced = true) {
  if (!fact) return null;
  return {
    at: fact.at,
    id: fact.id,
    amount: priced ? readAmount(fact.data.amount) : null,
    currency: priced ? readText(fact.data.currency) : null,
    note: note === null ? null : readText(fact.data[note]),
  };
}

export function readInstrument(value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return null;
  const found = {
    kind: readText(value.kind), brand: readText(value.brand), last4: readText(value.last4),
    country: readText(value.country),
  };
  return found.kind === null && found.brand === null && found.last4 === null ? null : found;
}

const last = (facts, type) => facts.findLast((fact) => fact.type === type) ?? null;

// The last of the facts of one kind; where it names no amount, that of an earlier one stands.
function lastStep(facts, note = null) {
  const step = readStep(facts.at(-1) ?? null, note);
  if (step === null || step.amount !== null) return step;
  const priced = facts.map((fact) => readStep(fact)).findLast(({ amount }) => amount !== null);
  return priced ? { ...step, amount: priced.amount, currency: priced.currency || step.currency } : step;
}

export function foldRefund(refundId, facts) {
  const ranked = facts.filter((fact) => fact.type in RANKS);
  const newest = facts.filter((fact) => MADE.has(fact.type)).reverse();
  const of = (name) => facts.filter((fact) => fact.type === `refund.${name}`);
  const lastOf = (name) => last(facts, `refund.${name}`);
  const paid = paidFacts(ranked);
  const settled = lastOf("settled");
  const offline = lastOf("offline_recorded");
  const action = lastOf("customer_action_required");
  const redirect = lastOf("redirected");
  const [pendingReason, pendingSince] = pending(ranked);
  const refund = {
    refundId,
    state: stateOf(ranked),
    decided: ranked.length > 0,
    requested: lastStep(of("requested"), "reason_code"),
    rejected: lastStep(of("rejected"), "reason_code"),
    approved: lastStep(of("approved"), "approver"),
    submitted: lastStep(of("submitted")) ?? lastStep(of("submission_unknown")),
    accepted: lastStep(of("accepted"), "psp_status"),
    cancelled: lastStep(of("cancelled"), "reason"),
    succeeded: lastStep(of("succeeded")),
    settled: lastStep(of("settled")),
    offline: lastStep(of("offline_recorded"), "method"),
    offlineReference: offline === null ? null : readText(offline.data.reference),
    failed: failure(ranked),
    psp: firstText(newest.map(({ data }) => data.psp)),
    paymentId: firstText(newest.map(({ data }) => data.payment_id)),
    pspRefundId: firstText(newest.map(({ data }) => data.psp_refund_id)),
    keys: distinct(of("submitted").map(({ data }) => readText(data.idempotency_key))),
    route: firstText(of("approved").reverse().map(({ data }) => data.route)),
    original: firstText(
      newest.filter(({ type }) => type === "refund.requested" || type === "refund.approved").map(({ data }) => data.original),
    ),
    pendingReason,
    pendingSince,
    expiresOn: action === null ? null : readDay(action.data.expires_at),
    reversal: nameKey(firstText([...paid].reverse().map(({ data }) => data.kind))) === "reversal",
    paidAt: paidAt(paid),
    settledOn: settled === null ? null : readDay(settled.data.settled_on) ?? readDay(settled.time),
    presentment: presentment(settled),
    reference: foldReference(facts),
    destination: settled === null ? null : readInstrument(settled.data.destination),
    conflict: conflict(of("settled")),
    redirected: readStep(redirect),
    redirectedTo: redirect === null ? null : readInstrument(redirect.data.destination),
    reissuedAs: distinct(of("reissued").map(({ data }) => readText(data.new_refund_id))),
    reissueRoute: firstText(of("reissued").reverse().map(({ data }) => data.route)),
    confirmed: confirmed(lastOf("customer_confirmed"), paid),
    lastFactAt: latest(ranked.length ? ranked : facts),
    sources: distinct(facts.map(({ source }) => source)),
    ids: facts.map(({ id }) => id),
  };
  refund.beyondDecision = !["requested", "rejected", "approved"].includes(refund.state);
  refund.moneyWentOut = refund.state === "paid" || refund.state === "offline";
  // Of a refund that nobody here asked for, the provider alone says how much it is.
  const byProvider = [refund.succeeded, refund.accepted, lastStep(of("customer_action_required")), refund.failed, refund.cancelled];
  const owed = [refund.approved, refund.submitted, refund.settled, refund.requested, ...byProvider];
  refund.currency = owed.find((step) => step?.currency)?.currency ?? null;
  const sum = (step) => [step.amount, step.currency || refund.currency];
  const named = (steps) => steps.filter((step) => step && step.amount !== null).map(sum);
  refund.promised = named(owed)[0] ?? null;
  const offlineStep = refund.state === "offline" ? refund.offline : null;
  refund.returnedAmounts = named([offlineStep, refund.settled, refund.submitted, refund.approved, refund.requested, ...byProvider]);
  refund.returned = refund.returnedAmounts[0] ?? null;
  return refund;
}

function distinct(values) {
  return [...new Set(values.filter((value) => value !== null))];
}

function latest(facts) {
  return facts.reduce((most, { at }) => (at !== null && (most === null || at > most) ? at : most), null);
}

// A missing earlier fact never holds a later one back, so each group is asked on its own.
function stateOf(ranked) {
  const final = ranked.findLast(({ type }) => type in FINAL);
  if (final) return FINAL[final.type];
  const waits = ranked.findLast(({ type }) => type === "refund.accepted" || type === "refund.customer_action_required");
  if (waits) return waits.type === "refund.accepted" ? "pending" : "action_required";
  if (ranked.some(({ type }) => type === "refund.submitted" || type === "refund.submission_unknown")) return "submitted";
  let decision = "requested";
  for (const { type } of ranked) {
    if (type === "refund.rejected") decision = "rejected";
    else if (type === "refund.approved") decision = "approved";
    else if (decision === "rejected") decision = "requested"; // an appeal; it does not undo an approval
  }
  return decision;
}

// The facts that say it is paid and that no later failure or cancellation undoes.
function paidFacts(ranked) {
  let paid = [];
  for (const fact of ranked) {
    const state = FINAL[fact.type];
    if (state === "paid") paid.push(fact);
    else if (state === "failed" || state === "cancelled") paid = [];
  }
  return paid;
}

function paidAt(paid) {
  const successes = paid.filter(({ type }) => type === "refund.succeeded");
  const times = [...successes.map(({ data }) => readStart(data.psp_at)), ...successes.map(({ at }) => at), ...paid.map(({ at }) => at)];
  return times.find((at) => at !== null) ?? null;
}

// The pending reason and since when; a repeated notice does not start it anew.
function pending(ranked) {
  let reason = null;
  let since = null;
  let running = false;
  for (const { type, data, at } of ranked) {
    if (type === "refund.accepted") {
      const stated = readText(data.pending_reason);
      if (!running || nameKey(stated) !== nameKey(reason)) since = at;
      [reason, running] = [stated, true];
    } else running = false;
  }
  return [reason, since];
}

function failure(ranked) {
  const fact = ranked.findLast(({ type }) => type === "refund.failed" || type === "refund.bounced");
  return readStep(fact, fact?.type === "refund.failed" ? "failure_reason" : "reason");
}

function confirmed(fact, paid) {
  if (fact === null || !paid.length) return null;
  const since = paid[0].at;
  return fact.at !== null && since !== null && fact.at < since ? null : readStep(fact, null, false);
}

function presentment(settled) {
  const amount = settled === null ? null : readAmount(settled.data.presentment_amount);
  return amount === null ? null : [amount, readText(settled.data.presentment_currency)];
}

// The best available reference (an ARN before others), else what is known instead.
function foldReference(facts) {
  let found = { status: null, type: null, number: null };
  for (const { type, data } of facts) {
    if (type === "refund.reference_unavailable") {
      if (found.status !== "available") found = { status: "unavailable", type: null, number: null };
    } else if (type === "refund.reference_recorded") {
      const number = readText(data.reference);
      let status = nameKey(readText(data.reference_status));
      if (status !== "pending" && status !== "unavailable") status = number ? "available" : "pending";
      const one = { status, type: readText(data.reference_type), number };
      if (found.status !== "available" || (status === "available" && (isArn(one) || !isArn(found)))) found = one;
    }
  }
  return found;
}

function isArn({ type }) {
  return ["arn", "acquirerreferencenumber"].includes(nameKey(type));
}

// What two settlements state differently, by field.
function conflict(settlements) {
  if (settlements.length < 2) return [];
  const values = new Map();
  const put = (name, key, value) => {
    if (!values.has(name)) values.set(name, new Map());
    if (!values.get(name).has(key)) values.get(name).set(key, value);
  };
  const usual = settlements.map(({ data }) => readText(data.currency)).find(Boolean) ?? null;
  for (const { data } of settlements) {
    const destination = readInstrument(data.destination);
    const amount = readAmount(data.amount);
    const currency = readText(data.currency);
    if (amount !== null) put("amount", String(amount), formatMoney(amount, currency || usual));
    const stated = {
      currency,
      "destination kind": destination?.kind ?? null,
      "destination brand": destination?.brand ?? null,
      "destination last4": destination?.last4 ?? null,
    };
    for (const [name, value] of Object.entries(stated)) {
      if (value !== null) put(name, value.toUpperCase().toLowerCase(), value);
    }
  }
  return [...values].filter(([, found]) => found.size > 1).map(([name, found]) => `${name}: ${[...found.values()].join(", ")}`);
}

// --- refunds that replace one another, judged by their last members

// `{members, last, circular, ids}` each; `refunds` is a Map by id.
export function chainsOf(refunds) {
  const links = new Map();
  for (const refund of refunds.values()) links.set(refund.refundId, refund.reissuedAs.filter((id) => refunds.has(id)));
  return groupsOf(refunds, links).map((group) => {
    const turn = inTurn(group, links);
    const circular = turn.length < group.length;
    const members = (circular ? group : turn).map((id) => refunds.get(id));
    return {
      members,
      last: members.filter(({ refundId }) => !links.get(refundId).length),
      circular,
      ids: new Set(group),
    };
  });
}

function groupsOf(refunds, links) {
  const neighbours = new Map([...refunds.keys()].map((id) => [id, []]));
  for (const [old, news] of links) {
    for (const id of news) {
      neighbours.get(old).push(id);
      neighbours.get(id).push(old);
    }
  }
  const groupOf = new Map();
  for (const start of refunds.keys()) {
    const waiting = [start];
    while (waiting.length) {
      const id = waiting.pop();
      if (groupOf.has(id)) continue;
      groupOf.set(id, start);
      waiting.push(...neighbours.get(id));
    }
  }
  const groups = new Map();
  for (const id of refunds.keys()) {
    const start = groupOf.get(id);
    groups.set(start, [...(groups.get(start) ?? []), id]);
  }
  return [...groups.values()];
}

function inTurn(group, links) {
  const waiting = new Map(group.map((id) => [id, 0]));
  for (const old of group) for (const id of links.get(old)) waiting.set(id, waiting.get(id) + 1);
  const turn = group.filter((id) => !waiting.get(id));
  for (const old of turn) { // grows while we walk
    for (const id of links.get(old)) {
      waiting.set(id, waiting.get(id) - 1);
      if (!waiting.get(id)) turn.push(id);
    }
  }
  return turn;
}
