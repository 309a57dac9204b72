// The timeline: events as people read them, newest first.

import { element, icon } from "./dom.mjs";
import { plain, readAmount, readText } from "./reading.mjs";
import { say } from "./texts.mjs";

const MONEY = /^(refund|payment|dispute|compensation)\.|^order\.(placed|imported|cancelled)$|^exchange\.agreed$/;
const GOOD = new Set(["refund.settled", "refund.succeeded", "payment.captured", "refund.customer_confirmed"]);
const BAD = new Set(["refund.failed", "refund.bounced"]);
const WARNS = new Set(["source.gap_detected", "claim.counter_evidence", "dispute.opened", "dispute.lost"]);
const WAITS = new Set(["refund.accepted", "refund.customer_action_required", "refund.submission_unknown"]);

export const isMoney = (event) => event !== null && MONEY.test(event.type);

function iconOf(event) {
  if (event === null || BAD.has(event.type)) return ["octagon", "bad"];
  if (GOOD.has(event.type)) return ["tick", "good"];
  if (WARNS.has(event.type)) return ["triangle", "attention"];
  return WAITS.has(event.type) ? ["clock", "attention"] : ["dot", ""];
}

// `Refund settled, EUR 128.00`
export function titleOf(event, texts, words) {
  if (event === null) return texts.unreadLine;
  const name = texts.types[event.type] ?? plain(event.type);
  const amount = readAmount(event.data.amount);
  const total = event.type === "order.placed" ? readAmount(event.data.total) : null;
  if (amount === null && total === null) return name;
  const money = words.money(amount ?? total, readText(event.data.currency));
  return name + words.phrases.comma + money;
}

// Who reported it, and what it adds in a word.
export function sourceOf(event, words) {
  const psp = /^\/psp\/(.+)$/.exec(event.source);
  const parts = [psp ? words.name(psp[1]) : plain(event.source)];
  const actor = event.actor && readText(event.actor.id);
  if (actor) parts.push(plain(actor));
  if (event.type === "refund.reference_recorded") {
    parts.unshift(words.referenceType(readText(event.data.reference_type)));
  }
  return parts.join(words.phrases.comma);
}

// `2026-05-18 10:42` as it was sent; in full for paper.
export function timeOf(event, full = false) {
  const match = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)/.exec(event.occurredAt);
  if (!match) return plain(event.occurredAt);
  return full ? plain(event.occurredAt).replace(/[Tt]/, " ") : `${match[1]} ${match[2]}`;
}

export function timeline(lines, shown, texts, words) {
  const rows = lines.filter(({ event }) => shown === "all" || isMoney(event)).reverse();
  return element("ol", { class: "timeline" }, rows.map((line) => row(line, texts, words)));
}

function row({ event, version, position, bytes, hash }, texts, words) {
  const [name, tone] = iconOf(event);
  const summary = element(
    "summary", {},
    element("span", { class: `mark ${tone}` }, icon(name)),
    element(
      "span", { class: "what" },
      element("span", { class: "event-title" }, titleOf(event, texts, words)),
      element("span", { class: "sub" }, event === null ? say(texts.event, { version }) : sourceOf(event, words)),
    ),
    element("time", { class: "when" }, event === null ? "" : timeOf(event)),
  );
  const facts = [say(texts.event, { version })];
  if (position) facts.push(say(texts.position, { position: words.count(position) }));
  if (event !== null) facts.push(say(texts.recorded, { time: event.recordedAt }));
  if (event?.sealed.length) facts.push(texts.sealed);
  const text = new TextDecoder().decode(bytes);
  return element(
    "li", {},
    element(
      "details", {},
      summary,
      element(
        "div", { class: "line" },
        element("p", { class: "note" }, facts.join(" · ")),
        element("h3", { class: "small" }, texts.line),
        element("pre", { tabindex: "0", "aria-label": texts.line }, text),
        element("h3", { class: "small" }, texts.hash),
        element("p", { class: "mono hash" }, hash),
      ),
    ),
  );
}
