// The printed page: evidence, not a picture of the screen. Nothing folded, times in full.

import { STEPS } from "./check.mjs";
import { lookOf } from "./answer.mjs";
import { decodeText } from "./bytes.mjs";
import { element, grouped, icon } from "./dom.mjs";
import { plain, readAmount, readText } from "./reading.mjs";
import { RULES } from "./rules.mjs";
import { action, destinationOf, sentence } from "./sentences.mjs";
import { say } from "./texts.mjs";
import { isMoney, sourceOf, timeOf } from "./timeline.mjs";

// `state`: of `app.mjs`, with its result.
export function paper(state, texts, words) {
  const { result, order, verdict, lines, files, named } = state;
  const last = lines.at(-1);
  return element(
    "article", { class: "paper", "aria-hidden": "true" },
    element("header", {}, element("b", {}, texts.paper), element("span", {}, result.header?.origin ?? "")),
    element("h1", {}, `${named}${verdict === null ? "" : words.phrases.colon + texts.claim}`),
    element("p", { class: "note" }, say(texts.asOf, { day: words.sayDay(state.asOf), events: last?.version ?? 0, time: recordedOf(last) })),
    failures(result, texts),
    verdict === null ? null : box(order, verdict, texts, words),
    verdict === null ? null : element("section", {}, element("h2", {}, texts.where, " ", element("span", { class: "note" }, texts.timesAsSent)), moneyTable(lines, texts, words)),
    verdict === null ? null : messages(lines, texts, words),
    proof(state, texts, words),
    element("p", { class: "note" }, ...without(files, texts)),
  );
}

// `2026-11-21 22:30:04+00:00`
function recordedOf(line) {
  return line?.event ? `${line.event.recordedAt.slice(0, 19).replace("T", " ")}+00:00` : "";
}

function failures(result, texts) {
  if (result.verdict === "intact") return null;
  const bad = STEPS.filter((name) => result.report.steps[name].state === "bad");
  return element(
    "div", { class: "box-strong" },
    element("p", {}, icon("octagon"), " ", element("b", {}, texts.alarms[result.verdict])),
    element("p", {}, texts.means[result.verdict]),
    bad.map((name) => element("p", { class: "note" }, `${texts.steps[name]}: ${texts.meaning[name]} ${result.report.steps[name].detail}`)),
  );
}

function box(order, verdict, texts, words) {
  const [shape] = lookOf(verdict.code);
  const rows = [];
  const refund = verdict.deciding?.refund;
  if (refund?.reference.number) rows.push([words.referenceType(refund.reference.type), element("b", {}, grouped(refund.reference.number))]);
  if (refund?.pspRefundId) rows.push([texts.provider, element("span", { class: "mono" }, plain(refund.pspRefundId))]);
  const destination = refund ? destinationOf(refund) : null;
  if (destination) rows.push([texts.heads.destination, words.instrument(destination)]);
  return element(
    "div", { class: "box-strong" },
    element(
      "p", {}, icon(shape), " ", element("b", {}, words.titles[verdict.code]), " ",
      element("span", { class: "mono" }, `${verdict.code} · ${say(texts.rules, { version: RULES.policy.version })}`),
    ),
    element("p", { class: "sentence" }, sentence(order, verdict, words)),
    element("p", {}, action(order, verdict, words)),
    element("dl", {}, rows.map(([name, value]) => [element("dt", {}, name), element("dd", {}, value)])),
  );
}

function table(heads, rows, texts) {
  return element(
    "table", {},
    element("thead", {}, element("tr", {}, heads.map(([name, kind]) => element("th", { scope: "col", class: kind }, texts.heads[name])))),
    element("tbody", {}, rows.map((cells) => element("tr", {}, cells.map((cell, place) => element("td", { class: heads[place][1] }, cell))))),
  );
}

function moneyTable(lines, texts, words) {
  const heads = [["step", ""], ["when", ""], ["who", ""], ["amount", "number"], ["event", "number"], ["hash", "mono"]];
  const rows = lines.filter(({ event }) => isMoney(event)).map(({ event, version, hash }) => {
    const amount = readAmount(event.data.amount) ?? readAmount(event.data.total);
    return [
      texts.types[event.type] ?? plain(event.type),
      timeOf(event, true),
      sourceOf(event, words),
      amount === null ? "—" : words.money(amount, readText(event.data.currency)),
      `#${version}`,
      grouped(hash.slice(0, 32), 8),
    ];
  });
  return table(heads, rows, texts);
}

function messages(lines, texts, words) {
  const found = lines.filter(({ event }) => event?.type === "message.sent" || event?.type === "message.received");
  const heads = [["when", ""], ["how", ""], ["what", ""], ["event", "number"]];
  const rows = found.map(({ event, version }) => [
    timeOf(event, true),
    [readText(event.data.channel), texts.kinds[event.type === "message.sent" ? "out" : "in"]].filter(Boolean).map(plain).join(" "),
    [readText(event.data.template), event.sealed.length ? texts.sealed : null].filter(Boolean).map(plain).join(words.phrases.comma) || "—",
    `#${version}`,
  ]);
  return element("section", {}, element("h2", {}, texts.told), rows.length ? table(heads, rows, texts) : element("p", {}, texts.noneRecorded));
}

function proof({ result, lines, laterPossible }, texts, words) {
  const word = texts.verdicts[result.verdict];
  const verdictText = word[0].toUpperCase() + word.slice(1);
  const size = result.said ? words.count(result.said.size) : "—";
  const unchecked = STEPS.filter((name) => result.report.steps[name].state === "unknown").map((name) => texts.steps[name]);
  const notes = [
    ...unchecked,
    say(texts.limits.fork, { size }),
    texts.limits.time,
    laterPossible ? texts.limits.laterMaybe : texts.limits.later,
    texts.limits.never,
  ];
  return element(
    "section", {},
    element("h2", {}, texts.proof),
    element("p", {}, element("b", {}, say(texts.proofSentence, { verdict: verdictText, events: lines.length, size }))),
    result.note ? element("pre", { class: "box-light" }, decodeText(result.note).trimEnd()) : null,
    result.keyring ? element("p", { class: "note" }, texts.limits.identity, " ", element("span", { class: "mono" }, result.keyring.fingerprint)) : null,
    element("p", { class: "note" }, element("b", {}, `${texts.notChecked}${words.phrases.colon}`), notes.join(" ")),
  );
}

// The sentence with its command and its file set apart.
export function without(files, texts) {
  return texts.without.split(/(\{\w+\})/).map((part) => {
    if (part === "{command}") return element("code", {}, "orderproof-verify.py");
    if (part === "{file}") return element("code", {}, files.map(({ name }) => plain(name.split("/").at(-1))).join(", "));
    return part;
  });
}
