// What came in and what went out, by currency; each payment, refund and dispute counts once. As
// `domain.balance` does it.

import { RULES } from "./rules.mjs";
import { exponent, nameKey } from "./reading.mjs";

// A currency for comparing; where none is stated, that of the order's money.
export function currencyOf(order, stated) {
  return (stated || order.moneyCurrency || "").toUpperCase();
}

function add(sums, currency, amount) {
  sums.set(currency, (sums.get(currency) ?? 0) + amount);
}

export function captured(order) {
  const sums = new Map();
  for (const { amount, currency } of order.payments) if (amount !== null) add(sums, currencyOf(order, currency), amount);
  return sums;
}

export function lost(order) {
  const sums = new Map();
  for (const dispute of order.disputes) if (dispute.moneyWentOut) add(sums, ...disputeAmount(order, dispute).reverse());
  return sums;
}

export function returned(order, chains) {
  const sums = lost(order);
  for (const chain of chains) {
    for (const refund of chain.members) {
      const amount = refund.moneyWentOut ? returnedBy(order, refund, chain) : null;
      if (amount !== null) add(sums, amount[1], amount[0]);
    }
  }
  return sums;
}

// Whether lost disputes moved at least what the unpaid refunds come to.
export function coversUnpaid(order, chains) {
  const moved = lost(order);
  if (![...moved.values()].some(Boolean)) return true;
  const limits = captured(order);
  const unpaid = new Map();
  for (const chain of chains) {
    for (const refund of chain.last) {
      const amount = refund.moneyWentOut ? null : promised(refund, chain);
      if (amount !== null) add(unpaid, currencyOf(order, amount[1]), amount[0]);
    }
  }
  return [...unpaid].every(([currency, minor]) => (moved.get(currency) ?? 0) >= Math.min(minor, limits.get(currency) ?? minor));
}

// What may be returned: the captures and the providers' tolerances. Empty where a capture's amount
// is not known.
export function allowed(order) {
  if (order.payments.some(({ amount }) => amount === null)) return new Map();
  const sums = captured(order);
  const refundPsp = [...order.refunds.values()].find((refund) => refund.psp)?.psp ?? null;
  for (const { psp, amount, currency } of order.payments) {
    const own = currencyOf(order, currency);
    add(sums, own, tolerance(psp || refundPsp, amount, own));
  }
  return sums;
}

function tolerance(psp, amount, currency) {
  const row = RULES.policy.tolerances.find((one) => nameKey(one.psp) === nameKey(psp));
  if (!row) return 0;
  return Math.min(Number((BigInt(amount) * BigInt(row.percent)) / 100n), row.cap_units * 10 ** exponent(currency));
}

// What is left of the captures and no refund stands for, as [minor units, currency]. Only a proven
// rest counts.
export function rest(order, chains) {
  const sums = captured(order);
  const refunded = new Map([...sums.keys()].map((currency) => [currency, 0]));
  for (const chain of chains) {
    for (const refund of chain.last) {
      if (refund.state === "rejected") continue;
      const amount = promised(refund, chain);
      const currency = amount === null ? null : currencyOf(order, amount[1]);
      if (amount === null || !sums.has(currency)) return [];
      const out = refund.moneyWentOut ? returnedBy(order, refund, chain) : null;
      add(refunded, currency, out ? Math.max(amount[0], out[0]) : amount[0]);
    }
  }
  for (const [currency, minor] of reported(order)) {
    if (!sums.has(currency)) return [];
    refunded.set(currency, Math.max(refunded.get(currency), minor));
  }
  for (const [currency, minor] of refunded) add(sums, currency, -minor);
  for (const [currency, minor] of lost(order)) {
    if (!sums.has(currency)) return [];
    add(sums, currency, -minor);
  }
  for (const { accepted, amount, currency } of order.compensations) {
    const own = currencyOf(order, currency);
    if (accepted && amount !== null && sums.has(own)) add(sums, own, -amount);
  }
  return [...sums].filter(([, minor]) => minor > 0).map(([currency, minor]) => [minor, currency]);
}

// What providers say went back, by whatever refunds.
export function reported(order) {
  const sums = new Map();
  for (const { amount, currency } of order.refundTotals) if (amount > 0) add(sums, currencyOf(order, currency), amount);
  return sums;
}

// What a dispute is about; without an amount of its own the whole payment.
export function disputeAmount(order, dispute) {
  const currency = currencyOf(order, dispute.currency);
  if (dispute.amount !== null) return [dispute.amount, currency];
  const own = order.payments.filter((one) => dispute.paymentId === one.paymentId || dispute.paymentId === one.pspPaymentId);
  const amounts = (own.length ? own : order.payments).map(({ amount }) => amount ?? 0);
  return [amounts.reduce((sum, amount) => sum + amount, 0), currency];
}

function promised(refund, chain) {
  return [refund, ...[...chain.members].reverse()].find((one) => one.promised !== null)?.promised ?? null;
}

// An amount that went out, in a currency that was captured if any step names one.
function returnedBy(order, refund, chain) {
  const members = [refund, ...[...chain.members].reverse()];
  const amounts = members.flatMap((one) => one.returnedAmounts.map(([minor, stated]) => [minor, currencyOf(order, stated)]));
  const known = captured(order);
  return amounts.find(([, currency]) => known.has(currency)) ?? amounts[0] ?? null;
}
