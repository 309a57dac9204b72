// The list of checks, ticked one by one, each with its measure; and what no check here can show.

import { STEPS } from "./check.mjs";
import { element, grouped, icon } from "./dom.mjs";
import { say } from "./texts.mjs";

const LOOKS = {
  waiting: ["missing", "quiet"], running: ["clock", "second"], good: ["tick", "good"], bad: ["octagon", "bad"], unknown: ["question", "second"],
};

export function sizeOf(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

export function checks(report, texts, words) {
  const rows = STEPS.map((name) => {
    const step = report.steps[name];
    const [shape, tone] = LOOKS[step.state];
    return element(
      "li", { class: `step-${step.state}` },
      element("span", { class: `mark ${tone}` }, icon(shape)),
      element("span", { class: "what" }, labelOf(name, step, texts, words)),
      element("span", { class: "measure" }, measureOf(step, texts, words)),
      step.state === "good" ? element("span", { class: "unseen" }, texts.states.good) : null,
    );
  });
  return element("ol", { class: "checks" }, rows);
}

export function progress(report, texts) {
  const done = STEPS.filter((name) => !["waiting", "running"].includes(report.steps[name].state)).length;
  return say(texts.done, { done, all: STEPS.length });
}

function labelOf(name, { measure, state }, texts, words) {
  if (state === "unknown" && measure.key.startsWith("no")) {
    return measure.key === "noMlDsa" ? texts.why.noMlDsa : texts.steps[name] + words.phrases.colon + texts.why[measure.key];
  }
  if (name === "chain" && measure) return say(texts.steps.chainOf, { all: measure.all });
  if (name === "signature" && measure?.keyId) return say(texts.steps.signatureBy, { keyId: measure.keyId });
  return texts.steps[name];
}

function measureOf({ state, measure }, texts, words) {
  if (state !== "good") return texts.states[state];
  const template = measure.key === "size" && measure.files > 1 ? texts.measures.files : texts.measures[measure.key];
  const slots = { ...measure };
  if (measure.bytes !== undefined) slots.size = sizeOf(measure.bytes);
  for (const [key, value] of Object.entries(slots)) if (typeof value === "number") slots[key] = words.count(value);
  return say(template, slots);
}

// What was not checked, with what to compare.
export function limits(result, laterPossible, texts, words) {
  const items = [];
  if (result.keyring) {
    items.push(element("li", {}, texts.limits.identity, " ", element("span", { class: "box" }, grouped(result.keyring.fingerprint, 8))));
  }
  const size = result.said ? words.count(result.said.size) : "";
  items.push(element("li", {}, say(texts.limits.fork, { size })));
  items.push(element("li", {}, texts.limits.time));
  items.push(element("li", {}, laterPossible ? texts.limits.laterMaybe : texts.limits.later));
  items.push(element("li", {}, texts.limits.never));
  return element("ul", { class: "limits" }, items);
}
