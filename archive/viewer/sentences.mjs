// The answer in one sentence and what to do next, in one language. As `domain.sentences`,
// `domain.particulars` and `domain.words.language` do it.

import * as balance from "./balance.mjs";
import { sameInstrument, wentElsewhere } from "./obligation.mjs";
import { formatMoney, isoDay, nameKey, plain, utcDay } from "./reading.mjs";
import { chainsOf } from "./refund.mjs";
import { RULES } from "./rules.mjs";

const SEAM = "\ue000";
const NO_SPACE = /[\s，。：；、（）]/;

// A language's words with their grammar. `sayDay` writes a day, `space` stands in amounts.
export function languageOf(code, sayDay = isoDay, space = " ") {
  const words = RULES.languages[code];
  const say = {
    ...words,
    sayDay,
    fill(template, slots) {
      const value = (name) => (words.spaced ? withSeams(slots[name]) : slots[name]);
      const text = template.replace(/\{(\w+)\}/g, (_, name) => value(name));
      if (!words.spaced) return text;
      return text.replace(/\ue000+/g, spaced);
    },
    name: (text) => words.names[nameKey(text)] ?? plain(text),
    kind: (text) => words.kinds[nameKey(text)] ?? say.name(text).replaceAll("_", " "),
    money: (amount, currency) => formatMoney(amount, currency, space),
    instrument({ kind, brand, last4 }) {
      const parts = [brand && say.name(brand), kind && say.kind(kind)].filter(Boolean);
      const name = [...new Set(parts)].join(" ") || words.phrases.account;
      if (last4 === null) return say.fill(words.phrases.instrument, { name });
      return say.fill(words.phrases.instrument_ending, { name, last4: plain(last4) });
    },
    referenceType: (type) => (type === null ? words.phrases.reference : words.references[nameKey(type)] ?? plain(type)),
    on: (day) => (day === null ? words.phrases.no_day : say.fill(words.phrases.on, { day: sayDay(day) })),
    at: (instant) => say.on(instant === null || instant === undefined ? null : utcDay(instant)),
  };
  return say;
}

// A seam needs no space at an end of the text, beside a space or beside Chinese punctuation.
function spaced(seam, place, text) {
  const bare = (letter) => letter === undefined || NO_SPACE.test(letter);
  return bare(text[place - 1]) || bare(text[place + seam.length]) ? "" : " ";
}

function withSeams(value) {
  const before = /^[A-Za-z0-9]/.test(value) ? SEAM : "";
  return `${before}${value}${/[A-Za-z0-9]$/.test(value) ? SEAM : ""}`;
}

// The answer in one sentence.
export function sentence(order, verdict, say) {
  const slots = particulars(order, verdict, say);
  let text = say.fill(chosen(say.sentences, order, verdict), slots);
  const { end } = say.phrases;
  if (slots.original) text = (text.endsWith(end) ? text.slice(0, -end.length) : text) + slots.original + end;
  return capital(text);
}

// What whoever is next must do.
export function action(order, verdict, say) {
  return capital(say.fill(chosen(say.actions, order, verdict), particulars(order, verdict, say)));
}

function capital(text) {
  const [first = "", ...rest] = Array.from(text);
  return first.toUpperCase() + rest.join("");
}

function chosen(templates, order, verdict) {
  const { code, deciding } = verdict;
  const refund = deciding?.refund ?? null;
  const variants = {
    EVIDENCE_CONFLICT: verdict.cause,
    DUPLICATE_REFUND: verdict.cause === "chain" ? "chain" : "",
    NEVER_REQUESTED: order.payments.length ? "captured" : "",
    REQUESTED_UNDECIDED: refund === null ? "demand" : "",
    COMPENSATION_INSTEAD: order.compensations.some(({ accepted }) => accepted) ? "" : "exchange",
    REFUND_CANCELLED: refund?.state === "action_required" ? "expired" : "",
    OTHER_INSTRUMENT: refund?.state === "offline" ? "offline" : "",
    SUCCEEDED_REFERENCE_PENDING: deciding?.alarm ? "alarm" : "",
  };
  return templates[`${code}:${variants[code] ?? ""}`] ?? templates[code];
}

// The payment that a refund pays back, or the first.
export function paymentOf(order, refund) {
  let payments = refund === null ? order.payments : order.paymentsOf(refund);
  if (refund?.destination) {
    const same = payments.filter((one) => sameInstrument(one.instrument, refund.destination));
    if (same.length) payments = same;
  }
  return payments[0] ?? null;
}

export function destinationOf(refund) {
  return refund.destination ?? refund.redirectedTo;
}

function particulars(order, verdict, say) {
  const { phrases } = say;
  const { deciding } = verdict;
  const owed = deciding?.amount ?? null;
  const day = (value) => (value === null || value === undefined ? say.labels.day_unknown : say.sayDay(value));
  return {
    ...ofOrder(order, verdict, say),
    ...ofRefund(order, deciding?.refund ?? null, say),
    owed: owed === null ? phrases.no_amount : say.money(owed, deciding.currency),
    expected_by: day(deciding?.expectedBy),
    next_answer: day(verdict.nextAnswer),
    psp: deciding?.psp ? say.name(deciding.psp) : phrases.psp,
  };
}

function ofOrder(order, verdict, say) {
  const { phrases } = say;
  const sums = (amounts) => [...amounts].map(([currency, amount]) => say.money(amount, currency)).join(phrases.and);
  const captured = balance.captured(order);
  const returned = balance.returned(order, chainsOf(order.refunds));
  const slots = {
    captured: captured.size ? sums(captured) : order.payments.length ? phrases.no_captured : phrases.no_amount,
    returned_total: returned.size ? sums(returned) : phrases.no_amount,
    disputed: phrases.no_amount,
    compensation: phrases.no_amount,
    sides: verdict.sides.map(plain).join(phrases.separator),
    channel: order.sourceChannel === null ? phrases.platform : say.name(order.sourceChannel),
    payment: say.at(order.payments[0]?.at),
    order_cancelled: say.at(order.cancelled?.at),
    demanded: say.at(order.demands.at(-1)?.at),
    accepted: say.on(null),
    dispute_opened: say.on(null),
    dispute_decided: say.on(null),
  };
  const running = verdict.code === "DISPUTE_OPEN";
  const disputes = order.disputes.filter((one) => (running ? one.state === "open" : one.moneyWentOut));
  if (disputes.length) {
    const known = disputes.map((one) => balance.disputeAmount(order, one)).filter(([amount]) => amount);
    if (known.length) slots.disputed = sums(known.map(([amount, currency]) => [currency, amount]));
    slots.dispute_opened = say.at(disputes[0].openedAt);
    slots.dispute_decided = say.at(disputes.at(-1).decidedAt);
  }
  const taken = order.compensations.filter(({ accepted }) => accepted).at(-1);
  if (taken) {
    const template = taken.amount === null ? "compensation" : "compensation_amount";
    const amount = taken.amount === null ? "" : say.money(taken.amount, taken.currency);
    slots.compensation = say.fill(phrases[template], { kind: say.kind(taken.kind || "?"), amount });
    slots.accepted = say.at(taken.acceptedAt);
  } else if (order.exchanges.length) slots.accepted = say.at(order.exchanges.at(-1).at);
  return slots;
}

function ofRefund(order, refund, say) {
  const { phrases } = say;
  const slots = { returned: phrases.no_amount, settled_amount: phrases.no_amount, agreed: phrases.no_amount };
  for (const name of ["requested", "rejected", "approved", "submitted", "failed", "cancelled", "offline", "confirmed"]) {
    slots[name] = say.at(refund?.[name]?.at);
  }
  Object.assign(slots, { pending: say.on(null), paid: say.on(null), expired: say.on(null) });
  for (const name of ["to", "settled", "until", "reason", "method", "key", "not_original", "presentment", "original"]) slots[name] = "";
  Object.assign(slots, { psp_refund: phrases.psp_refund, reference: phrases.reference });
  if (refund === null) return slots;
  slots.pending = say.at(refund.pendingSince);
  slots.paid = say.at(refund.paidAt);
  slots.expired = say.on(refund.expiresOn);
  if (refund.returned !== null) slots.returned = say.money(refund.returned[0], refund.returned[1] || order.currency);
  if (refund.settledOn !== null) slots.settled = say.fill(phrases.settled, { settled: say.on(refund.settledOn) });
  if (refund.expiresOn !== null) slots.until = say.fill(phrases.until, { day: say.sayDay(refund.expiresOn) });
  Object.assign(slots, amounts(refund, say), ways(order, refund, say));
  const ended = { failed: refund.failed, cancelled: refund.cancelled, rejected: refund.rejected }[refund.state];
  if (ended?.note) slots.reason = say.fill(phrases.reason, { reason: plain(ended.note).replaceAll("_", " ") });
  if (refund.keys.length) slots.key = say.fill(phrases.key, { key: plain(refund.keys.at(-1)) }).trimEnd();
  if (refund.pspRefundId !== null) slots.psp_refund = plain(refund.pspRefundId);
  if (refund.reference.number !== null) {
    slots.reference = `${say.referenceType(refund.reference.type)} ${plain(refund.reference.number)}`;
  }
  if (refund.original === "unknown" || refund.original === "price_differs") slots.original = phrases[`original_${refund.original}`];
  return slots;
}

function amounts(refund, say) {
  const slots = {};
  const { settled, presentment } = refund;
  if (settled !== null && settled.amount !== null) slots.settled_amount = say.money(settled.amount, settled.currency || refund.currency);
  const agreed = [refund.approved, refund.submitted].find((step) => step && step.amount !== null);
  if (agreed) slots.agreed = say.money(agreed.amount, agreed.currency || refund.currency);
  if (presentment !== null) slots.presentment = say.fill(say.phrases.presentment, { amount: say.money(...presentment) });
  return slots;
}

// Where the money went, and what it did not go to.
function ways(order, refund, say) {
  const { phrases } = say;
  const slots = {};
  const destination = destinationOf(refund);
  const elsewhere = wentElsewhere(order, refund);
  let to = null;
  if (destination !== null) to = say.instrument(destination);
  else if (refund.state !== "offline" && refund.route !== null && !elsewhere) to = phrases.original;
  if (to !== null) slots.to = say.fill(phrases.to, { destination: to });
  if (elsewhere) {
    const instrument = paymentOf(order, refund)?.instrument ?? null;
    if (instrument === null || destination === null || sameInstrument(instrument, destination)) {
      slots.not_original = phrases.not_original_route;
    } else slots.not_original = say.fill(phrases.not_original, { instrument: say.instrument(instrument) });
  }
  if (refund.offline !== null) {
    const parts = [refund.offline.note, refund.offlineReference].filter(Boolean).map(plain);
    if (parts.length) slots.method = say.fill(phrases.method, { method: parts.join(", ").replaceAll("_", " ") });
  }
  return slots;
}
