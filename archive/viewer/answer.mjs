// The answer: verdict, sentence, who is next, the reference for the bank. A failed check comes first.

import { element, grouped, icon } from "./dom.mjs";
import { RULES } from "./rules.mjs";
import { action, sentence } from "./sentences.mjs";
import { say } from "./texts.mjs";

const LOOKS = {
  good: ["tick", "good"],
  waits: ["clock", "attention"],
  warns: ["triangle", "attention"],
  overdue: ["triangle", "bad"],
  failed: ["octagon", "bad"],
  unknown: ["question", "second"],
  none: ["dash", "second"],
};
const LOOK_OF = {
  SETTLED_REFERENCE_GIVEN: "good", SETTLED_WITHIN_WINDOW: "good", SETTLED_NO_REFERENCE: "good",
  REVERSED_NO_CREDIT_LINE: "good", CONFIRMED_RECEIVED: "good", DISPUTE_WON_BY_CUSTOMER: "good",
  COMPENSATION_INSTEAD: "good", OTHER_INSTRUMENT: "good", SUCCEEDED_REFERENCE_PENDING: "waits",
  PENDING_WITHIN_WINDOW: "waits", PENDING_CUSTOMER_ACTION: "waits", REQUESTED_UNDECIDED: "waits", DISPUTE_OPEN: "waits",
  AMOUNT_MISMATCH: "warns", DUPLICATE_REFUND: "warns", PENDING_OVERDUE: "overdue", CANCELLED_BUT_NO_REFUND: "overdue",
  APPROVED_NOT_SUBMITTED: "overdue", PENDING_NO_FUNDS: "overdue", FAILED_NOT_REISSUED: "failed", EVIDENCE_CONFLICT: "failed",
  SUBMISSION_UNKNOWN: "unknown", SOURCE_GAP: "unknown",
};
const RECORD = { intact: ["tick", "good"], altered: ["octagon", "bad"], incomplete: ["octagon", "bad"], cannot_tell: ["question", "second"] };

export function lookOf(code) {
  return LOOKS[LOOK_OF[code] ?? "none"];
}

// The state of the record: it stands beside the answer, or comes before it where it is not intact.
export function recordState(verdict, texts) {
  if (verdict === null) return element("p", { class: "state second" }, icon("clock"), element("span", {}, texts.checking));
  const [name, tone] = RECORD[verdict];
  return element("p", { class: `state ${tone}` }, icon(name), element("span", {}, texts.verdicts[verdict]));
}

// What went wrong, in plain words first.
export function alarm(verdict, report, stepNames, texts) {
  const [name, tone] = RECORD[verdict];
  const failed = stepNames.filter((step) => report.steps[step].state === "bad");
  return element(
    "div", { class: `alarm ${tone}`, role: "alert" },
    element("p", { class: "alarm-title" }, icon(name), element("span", {}, texts.alarms[verdict])),
    element("p", {}, texts.means[verdict]),
    failed.map((step) =>
      element(
        "p", { class: "note" },
        element("b", {}, say(texts.failedCheck, { check: texts.steps[step] })), " ",
        texts.meaning[step], " ", element("span", { class: "mono" }, report.steps[step].detail),
      ),
    ),
  );
}

export function answer(order, verdict, texts, words) {
  const [name, tone] = lookOf(verdict.code);
  const title = element("h1", { class: `verdict ${tone}` }, icon(name), element("span", {}, words.titles[verdict.code]));
  return { title, body: [element("p", { class: "sentence" }, sentence(order, verdict, words)), ...nextSteps(order, verdict, texts, words), ...references(verdict, texts, words)] };
}

function nextSteps(order, verdict, texts, words) {
  const actor = words.actors[verdict.nextActor];
  const by = verdict.deadline === null ? texts.next : texts.nextBy;
  const day = verdict.deadline === null ? "" : words.sayDay(verdict.deadline);
  const code = element("span", { class: "mono code" }, `${verdict.code} · ${say(texts.rules, { version: RULES.policy.version })}`);
  return [
    element("p", { class: "next" }, element("b", {}, words.fill(by, { actor, day })), " ", action(order, verdict, words)),
    verdict.nextAnswer === null ? null : element("p", { class: "note" }, words.fill(texts.nextAnswer, { day: words.sayDay(verdict.nextAnswer) })),
    element("p", {}, code),
  ];
}

function references(verdict, texts, words) {
  const refund = verdict.deciding?.refund;
  // What did not pass is nothing to send to a bank.
  if (!refund || verdict.code === "EVIDENCE_CONFLICT") return [];
  const { number, type, status } = refund.reference;
  const found = [];
  if (number !== null && status === "available") {
    found.push([say(texts.forBank, { kind: words.referenceType(type) }), number]);
  }
  if (refund.pspRefundId !== null) found.push([texts.provider, refund.pspRefundId]);
  return found.map(([label, text], place) =>
    element(
      "div", { class: place ? "reference" : "reference first" },
      element("span", { class: "label" }, label),
      place ? element("span", { class: "mono value" }, text) : element("span", { class: "box" }, grouped(text)),
    ),
  );
}
