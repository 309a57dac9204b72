// One id for each refund, as `domain.refund_names` gives it: a shop and its payment provider call
// the same refund by different ids.

import { readText } from "./reading.mjs";
import { isAboutRefund, isMadeRefund } from "./refund.mjs";

const ALSO = { "claim.counter_evidence": ["refund_id"], "refund.reissued": ["refund_id", "new_refund_id"] };

export function withOneId(facts) {
  const own = ownIds(facts);
  return own.size ? facts.map((fact) => renamed(fact, own)) : facts;
}

function ownIds(facts) {
  const [byProvider, byKey] = [new Map(), new Map()];
  for (const { type, data } of facts) {
    const refundId = readText(data.refund_id);
    if (!isMadeRefund(type) || refundId === null) continue;
    put(byProvider, readText(data.psp_refund_id), refundId);
    if (type === "refund.submitted") put(byKey, readText(data.idempotency_key), refundId);
  }
  const own = new Map();
  for (const [providerId, named] of byProvider) {
    const shops = [...named].filter((id) => !byProvider.has(id));
    if (shops.length === 1) own.set(providerId, shops[0]);
  }
  for (const named of byKey.values()) {
    const shops = [...named].filter((id) => !byProvider.has(id));
    const providers = [...named].filter((id) => byProvider.has(id) && !own.has(id));
    if (shops.length === 1 && providers.length === 1) own.set(providers[0], shops[0]);
  }
  return own;
}

function put(groups, key, refundId) {
  if (key !== null) groups.set(key, (groups.get(key) ?? new Set()).add(refundId));
}

function renamed(fact, own) {
  const names = ALSO[fact.type] ?? (isAboutRefund(fact.type) ? ["refund_id"] : fact.type.startsWith("compensation.") ? ["instead_of"] : []);
  const changed = names.filter((name) => own.has(readText(fact.data[name])));
  if (!changed.length) return fact;
  return { ...fact, data: { ...fact.data, ...Object.fromEntries(changed.map((name) => [name, own.get(readText(fact.data[name]))])) } };
}
