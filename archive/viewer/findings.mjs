// What does not fit together, as codes: with one of these the evidence is incomplete. As
// `domain.finding` does it, without those that leave nothing missing.

import { readAmount, readText, sameText } from "./reading.mjs";
import { isAboutRefund, isMadeRefund } from "./refund.mjs";

const DISPUTE = /^dispute\.(opened|lost|accepted|won|withdrawn)$/;

export function findingsOf(order, placements) {
  const found = [];
  for (const fact of order.facts) found.push(...ofFact(fact));
  if (placements.slice(1).some((other) => !samePlacement(placements[0].data, other.data))) found.push("placement-differs");
  if (order.payments.some((payment) => payment.differs)) found.push("capture-differs");
  for (const refund of order.refunds.values()) found.push(...ofRefund(refund));
  if (order.disputes.some((one) => one.moneyWentOut && one.amount === null)) found.push("dispute-without-amount");
  if (order.counterEvidence.some((one) => one.refundId !== null && !order.refunds.has(one.refundId))) {
    found.push("statement-without-refund");
  }
  return found;
}

function ofFact({ at, type, data }) {
  const found = [];
  if (at === null) found.push("time-unreadable");
  if (isAboutRefund(type)) {
    if (readText(data.refund_id) === null) found.push("refund-without-id");
    if (type === "refund.reissued" && readText(data.new_refund_id) === null) found.push("reissue-without-id");
  } else if (DISPUTE.test(type) && readText(data.dispute_id) === null && readText(data.psp_dispute_id) === null) {
    found.push("dispute-without-id");
  }
  const counts = isMadeRefund(type) || DISPUTE.test(type) || type === "payment.captured" || type === "compensation.accepted";
  const stated = data.amount !== undefined && data.amount !== null;
  if (counts && stated && readAmount(data.amount) === null) found.push("amount-unreadable");
  return found;
}

function ofRefund(refund) {
  const found = [];
  if (!refund.decided) found.push("refund-without-state");
  if (refund.settled && !refund.requested && !refund.approved) found.push("settlement-without-request");
  else if (refund.beyondDecision && !refund.approved) found.push("refund-without-approval");
  if (refund.conflict.length) found.push("settlements-differ");
  if (refund.original === "unknown") found.push("original-unknown");
  return found;
}

function samePlacement(one, other) {
  const totals = new Set([readAmount(one.total), readAmount(other.total)].filter((total) => total !== null));
  const same = (name) => sameText(readText(one[name]), readText(other[name]));
  return totals.size < 2 && same("currency") && same("customer_id") && same("placed_at");
}
