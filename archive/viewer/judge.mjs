// The claim "refund not received", judged by the decision table: rows 1 to 12. As `domain.claim`
// does it, which it agrees with on thousands of orders.

import * as balance from "./balance.mjs";
import { judgeRefund, nextAnswer, replaced, unnamed, unopened } from "./obligation.mjs";
import { addDays, nameKey, nameWords, readDay } from "./reading.mjs";
import { chainsOf } from "./refund.mjs";
import { RULES } from "./rules.mjs";

const UNCERTAIN = ["ORDER_NOT_FOUND", "SUBMISSION_UNKNOWN", "SOURCE_GAP", "EVIDENCE_CONFLICT"];
const { policy } = RULES;

// `order`: of `foldOrder`. `asOf`: today, as a day. `integrity`: what the checks said.
export function judge(order, asOf, integrity = "intact") {
  const chains = chainsOf(order.refunds);
  const refundIds = () => chains.flatMap((chain) => chain.members).flatMap((refund) => refund.ids);
  const idsOf = (things) => things.flatMap((one) => one.ids);
  let obligations = chains.flatMap((chain) => judged(order, chain, asOf));
  const whole = (code, row, ids, more = {}) => answer(order, code, row, asOf, integrity, { obligations, ids, ...more });

  if (!order.events && integrity !== "altered" && integrity !== "incomplete") return whole("ORDER_NOT_FOUND", 1, []);
  const against = contradiction(order, chains, integrity);
  if (against) return whole("EVIDENCE_CONFLICT", 2, against.ids, against);
  if (isMarketplace(order.sourceChannel) && !order.refunds.size) return whole("HANDLED_BY_PLATFORM", 3, []);
  const lost = order.disputes.filter((dispute) => dispute.moneyWentOut);
  const twice = paidTwice(order, chains, refundIds, lost);
  if (twice) return whole("DUPLICATE_REFUND", 4, twice.ids, twice);
  const running = order.disputes.filter(({ state }) => state === "open");
  if (running.length) return whole("DISPUTE_OPEN", 5, [...idsOf(running), ...refundIds()]);
  if (lost.length && balance.coversUnpaid(order, chains)) return whole("DISPUTE_WON_BY_CUSTOMER", 6, [...idsOf(lost), ...refundIds()]);
  const beyond = [...order.refunds.values()].some((refund) => refund.beyondDecision);
  if (order.placed !== null && !order.payments.length && !beyond) return whole("NEVER_CAPTURED", 7, refundIds());
  const accepted = order.compensations.filter((one) => one.accepted);
  if (!order.refunds.size && (accepted.length || order.exchanges.length)) {
    return whole("COMPENSATION_INSTEAD", 8, [...idsOf(accepted), ...order.exchanges.map(({ id }) => id)]);
  }
  const demands = order.demands.filter(asksForMoney);
  if (!order.refunds.size && demands.length) return whole("REQUESTED_UNDECIDED", 9, demands.map(({ id }) => id));
  if (order.cancelled !== null) {
    const more = balance.rest(order, chains).map(([amount, currency]) => unopened(order, amount, currency, asOf));
    obligations = [...obligations, ...more];
  }
  if (!order.refunds.size) {
    const more = [...balance.reported(order)].map(([currency, amount]) => unnamed(order, amount, currency, asOf));
    obligations = [...obligations, ...more];
  }
  if (!obligations.length) return whole("NEVER_REQUESTED", 11, []);
  const deciding = worst(obligations);
  return whole(deciding.verdict, 12, deciding.ids, { deciding });
}

function judged(order, chain, asOf) {
  const deciding = new Set(chain.circular ? chain.members : chain.last);
  return chain.members.map((refund) => (deciding.has(refund) ? judgeRefund(order, refund, chain, asOf) : replaced(order, refund)));
}

function worst(obligations) {
  const rank = ({ verdict }) => {
    const found = RULES.ranking.indexOf(verdict);
    return found < 0 ? RULES.ranking.length : found;
  };
  return obligations.reduce((one, other) => (rank(other) < rank(one) ? other : one));
}

function contradiction(order, chains, integrity) {
  if (integrity === "altered" || integrity === "incomplete") {
    return { cause: "integrity", sides: [`verification: ${integrity}`], ids: [] };
  }
  const refunds = [...order.refunds.values()];
  const differing = refunds.filter((refund) => refund.conflict.length);
  if (differing.length) {
    const sides = differing.flatMap((one) => one.conflict.map((text) => `${one.refundId}: ${text}`));
    return { cause: "settlements", sides, ids: differing.flatMap((one) => one.ids) };
  }
  const paid = refunds.filter((refund) => refund.moneyWentOut);
  for (const statement of order.counterEvidence) {
    const against = paid.filter((one) => statement.refundId === null || statement.refundId === one.refundId);
    if (against.length) {
      const sides = [...against.map((one) => `refund ${one.refundId}: paid`), `bank statement ${statement.id}: not received`];
      return { cause: "statement", sides, ids: [...against.flatMap((one) => one.ids), statement.id] };
    }
  }
  const circle = chains.find((chain) => chain.circular);
  if (!circle) return null;
  const sides = circle.members.flatMap((one) => one.reissuedAs.map((id) => `${one.refundId} → ${id}`));
  return { cause: "circle", sides, ids: circle.members.flatMap((one) => one.ids) };
}

function paidTwice(order, chains, refundIds, lost) {
  for (const chain of chains) {
    const paid = chain.members.filter((refund) => refund.moneyWentOut);
    if (paid.length > 1) return { cause: "chain", ids: paid.flatMap((one) => one.ids) };
  }
  const returned = balance.returned(order, chains);
  const excess = [...balance.allowed(order)].some(([currency, limit]) => (returned.get(currency) ?? 0) > limit);
  return excess ? { cause: "excess", ids: [...refundIds(), ...lost.flatMap((one) => one.ids)] } : null;
}

function isMarketplace(channel) {
  const words = nameWords(channel);
  return words.some((word) => policy.marketplaces.includes(word)) && !words.some((word) => policy.not_marketplaces.includes(word));
}

function asksForMoney({ kind, amount }) {
  const key = nameKey(kind);
  if (amount !== null && (!key || policy.money_demands_with_amount.includes(key))) return true;
  return policy.money_demands.includes(key);
}

function answer(order, code, row, asOf, integrity, { obligations, ids, deciding = null, cause = "", sides = [] }) {
  const shown = obligations.filter(({ verdict }) => verdict !== "FAILED_REISSUED");
  const alarm = deciding?.alarm ?? false;
  const base = [
    ...(order.placed ? [order.placed.id] : []),
    ...order.payments.flatMap((payment) => payment.ids),
    ...(order.cancelled ? [order.cancelled.id] : []),
  ];
  return {
    code,
    row,
    cause,
    sides,
    obligations: code === "ORDER_NOT_FOUND" ? [] : obligations,
    deciding: deciding ?? (shown.length ? worst(shown) : null),
    also: deciding?.also ?? [],
    nextActor: alarm ? "seller" : RULES.next_actors[code],
    deadline: deciding ? deciding.deadline : orderDeadline(order, code, asOf),
    nextAnswer: deciding ? deciding.nextAnswer : nextAnswer(code, null, asOf),
    ids: code === "ORDER_NOT_FOUND" ? [] : [...new Set([...base, ...ids, ...order.attached])],
    confidence: confidence(order, code, integrity, alarm),
    asOf,
  };
}

function orderDeadline(order, code, asOf) {
  if (RULES.next_actors[code] === "nobody" || code === "ORDER_NOT_FOUND") return null;
  if (code === "DISPUTE_OPEN") {
    const days = order.disputes.filter(({ state }) => state === "open").map(respondBy).filter((day) => day !== null);
    return days.length ? Math.min(...days) : null;
  }
  return addDays(asOf, policy.answer_days);
}

// The newest day that can be read.
function respondBy(dispute) {
  return dispute.respondBy.map(readDay).find((day) => day !== null) ?? null;
}

function confidence(order, code, integrity, alarm) {
  const doubt = integrity !== "intact" || UNCERTAIN.includes(code) || order.placed === null || alarm || order.findings.length;
  return doubt ? "incomplete" : "complete";
}
