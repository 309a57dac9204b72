// The page: finds an order or takes files, shows the answer at once, checks it, and says so.

import { alarm, answer, recordState } from "./answer.mjs";
import { FormatError, encodeText, sha256 } from "./bytes.mjs";
import { STEPS, verify } from "./check.mjs";
import { attachedIn, attachments } from "./attached.mjs";
import { checks, limits, progress } from "./checks.mjs";
import { deletedInTime } from "./deleted.mjs";
import { element } from "./dom.mjs";
import { joined, readEvents } from "./events.mjs";
import { gunzip, gzip } from "./inflate.mjs";
import { judge } from "./judge.mjs";
import { findRows, mayBeOpen, readRoot, readRow, streamsOf } from "./lookup.mjs";
import { foldOrder } from "./order.mjs";
import { paper, without } from "./paper.mjs";
import { isoDay, plain, readDay } from "./reading.mjs";
import { RULES } from "./rules.mjs";
import { languageOf } from "./sentences.mjs";
import { fileReader } from "./server.mjs";
import { TEXTS, say } from "./texts.mjs";
import { isMoney, timeline } from "./timeline.mjs";

const NO_BREAK = "\u00a0";
const archive = { read: fileReader(), root: undefined };
const state = { language: navigator.language?.startsWith("zh") ? "zh" : "en", shown: "money", task: 0, message: null, lines: null };
// Elsewhere browsers hide what hashes and signatures are checked with.
const secure = Boolean(globalThis.crypto?.subtle);
const footer = new CSSStyleSheet();
document.adoptedStyleSheets = [footer];

const place = (id) => document.getElementById(id);
const texts = () => TEXTS[state.language];

// Words with days and amounts as sentences have them: 18 May 2026, 2026年5月18日.
function words() {
  const format = new Intl.DateTimeFormat(state.language === "zh" ? "zh-CN" : "en-GB", { dateStyle: "long", timeZone: "UTC" });
  const sayDay = (day) => {
    const year = Number(isoDay(day).slice(0, 4));
    return year < 1900 ? isoDay(day) : format.format(new Date(day * 86_400_000)).replaceAll(" ", NO_BREAK);
  };
  const count = new Intl.NumberFormat("en");
  return { ...languageOf(state.language, sayDay, NO_BREAK), sayDay, count: (number) => count.format(number) };
}

// --- finding

async function openOrder(text) {
  const wanted = text.trim();
  if (!secure || !wanted) return place("number").focus();
  const task = begin(say(texts().looking, { order: plain(wanted) }));
  try {
    archive.root ??= await readRoot(archive.read);
    if (task !== state.task) return undefined;
    if (archive.root === null) return tell("noArchive");
    const shop = place("shop").value;
    const streams = streamsOf(archive.root, wanted, shop);
    if (streams === null) return tell("manyShops");
    const found = [];
    for (const stream of streams) {
      const rows = await findRows(archive.root, stream, archive.read);
      if (rows.length) found.push([stream, rows]);
    }
    if (task !== state.task) return undefined;
    if (!found.length) return tell("notFound", "notFoundNext");
    if (found.length > 1) return askShop(found.map(([stream]) => stream));
    const [stream, rows] = found[0];
    const files = [];
    const gone = [];
    for (const row of rows) {
      const file = await readRow(archive.root, stream, row, archive.read);
      if (file.data === null) gone.push({ row, path: file.path });
      else files.push(file);
    }
    if (gone.length) return tellGone(task, stream, gone, files);
    if (task !== state.task) return undefined;
    history.replaceState(null, "", `#${encodeURIComponent(stream.slice("order/".length))}`);
    const laterPossible = mayBeOpen(archive.root, await sha256(encodeText(stream)));
    return show(task, files, keyringOf(archive.root), archive.root, laterPossible);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return task === state.task ? tell("failedToRead", null, { reason: error.message }) : undefined;
  }
}

// What the index names and the archive does not hold: rightly deleted, or lost.
async function tellGone(task, stream, gone, files) {
  const known = { keyring: keyringOf(archive.root), index: archive.root, read: archive.read };
  const deleted = await deletedInTime(stream, gone, known);
  if (task !== state.task) return undefined;
  if (deleted === null) return tell("lost", null, { file: gone[0].path });
  const slots = { order: plain(stream.slice("order/".length)), ...deleted, rest: files.map(({ path }) => path).join(", ") };
  return files.length ? tell("deletedPart", "deletedRest", slots) : tell("deleted", "deletedNext", slots);
}

async function openFiles(list) {
  if (!secure) return undefined;
  const task = begin("");
  let keyring = null;
  const files = [];
  for (const file of list) {
    const data = new Uint8Array(await file.arrayBuffer());
    if (file.name.endsWith(".json")) keyring = data;
    else files.push({ name: file.name, data, note: null });
  }
  if (!files.length) return tell("unreadable");
  try {
    archive.root ??= await readRoot(archive.read);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    archive.root = null;
  }
  if (keyring === null && archive.root) keyring = keyringOf(archive.root);
  return task === state.task ? show(task, files, keyring, null, false) : undefined;
}

function keyringOf(root) {
  return root.keyring ? encodeText(root.keyring) : null;
}

function begin(message) {
  state.task += 1;
  Object.assign(state, { message: message ? { text: message } : null, lines: null, result: null, report: null });
  render();
  return state.task;
}

function tell(key, next = null, slots = {}) {
  state.message = { key, next, slots };
  render();
  place("message").focus();
}

function askShop(streams) {
  state.message = { key: "whichShop", streams };
  render();
  place("message").focus();
}

// --- showing and checking

async function show(task, files, keyring, index, laterPossible) {
  const read = readEvents(files);
  if (read === null) return unreadable(task, files, keyring);
  const { lines, stream } = read;
  Object.assign(state, { message: null, files, lines, stream, laterPossible, asOf: readDay(new Date().toISOString()), result: null });
  state.shown = stream.startsWith("order/") && lines.some(({ event }) => isMoney(event)) ? "money" : "all";
  judgeAgain("intact");
  render();
  return check(task, files, keyring, index);
}

// A file of which nothing can be read: the checks say why.
async function unreadable(task, files, keyring) {
  Object.assign(state, { message: null, files, lines: [], stream: null, order: null, verdict: null, asOf: readDay(new Date().toISOString()), laterPossible: false });
  render();
  return check(task, files, keyring);
}

async function check(task, files, keyring, index = null) {
  const result = await verify(files, { keyring, index, read: archive.read }, (report) => {
    if (task !== state.task) return;
    state.report = report;
    renderChecks();
  });
  if (task !== state.task) return undefined;
  state.result = result;
  if (result.lines.length) state.lines = result.lines;
  judgeAgain(result.verdict);
  return render();
}

// Facts only where a newer version recorded what the rules read.
function judgeAgain(integrity) {
  const events = state.lines.map(({ event, version }) => (event === null ? null : { ...event, version })).filter(Boolean);
  state.newer = events.some(({ type, schema }) => (RULES.schemas[type] ?? Infinity) < schema);
  const judged = state.stream?.startsWith("order/") && !state.newer;
  state.order = judged ? foldOrder(events) : null;
  state.verdict = judged ? judge(state.order, state.asOf, integrity) : null;
}

// The history in its standard form, also where it lies in a pack. Nothing is sent.
function saveFiles() {
  for (const { name, data, note } of state.files) {
    const whole = note === null ? data : gzip(joined(gunzip(data, Infinity).text, note));
    const address = URL.createObjectURL(new Blob([whole], { type: "application/gzip" }));
    element("a", { href: address, download: name.split("/").at(-1) }).click();
    URL.revokeObjectURL(address);
  }
}

// --- rendering

function render() {
  const text = texts();
  document.documentElement.lang = state.language === "zh" ? "zh-Hans" : "en";
  for (const [id, key] of [["skip", "skip"], ["name", "name"], ["number-label", "number"], ["shop-label", "shop"], ["open", "open"], ["or", "or"], ["choose", "choose"], ["drop-text", "drop"], ["private", "private"]]) {
    place(id).textContent = text[key];
  }
  place("number").placeholder = text.numberHint;
  place("languages").setAttribute("aria-label", text.otherLanguage);
  for (const code of ["en", "zh"]) place(code).setAttribute("aria-pressed", String(state.language === code));
  renderShops(text);
  place("insecure").hidden = secure;
  place("insecure").textContent = text.insecure;
  renderMessage(text);
  place("result").hidden = state.lines === null;
  document.title = state.lines === null ? text.name : `${named()} · ${text.name}`;
  place("paper").replaceChildren();
  if (state.lines === null) return;
  renderAnswer(text);
  renderChecks();
  renderTimeline(text);
  renderAttached(text);
  renderEnd(text);
}

function renderShops(text) {
  const shops = archive.root?.shops ?? [];
  place("shop-field").hidden = shops.length < 2;
  const chosen = place("shop").value;
  place("shop").replaceChildren(
    element("option", { value: "" }, text.anyShop),
    ...shops.map((shop) => element("option", { value: shop, selected: shop === chosen }, plain(shop))),
  );
}

function renderMessage(text) {
  const { message } = state;
  place("message").hidden = message === null;
  if (message === null) return place("message").replaceChildren();
  const lines = [element("p", {}, element("b", {}, message.text ?? say(text[message.key], message.slots)))];
  if (message.next) lines.push(element("p", { class: "note" }, say(text[message.next], message.slots)));
  const choices = (message.streams ?? []).map((stream) => stream.slice("order/".length));
  const choose = (name) => element("li", {}, element("button", { type: "button", class: "link", onclick: () => openOrder(name) }, plain(name)));
  if (choices.length) lines.push(element("ul", { class: "choices" }, choices.map(choose)));
  return place("message").replaceChildren(...lines);
}

function named() {
  const text = texts();
  if (state.stream === null) return state.files.map(({ name }) => plain(name)).join(", ");
  const order = state.stream.startsWith("order/");
  return say(order ? text.order : text.system, { order: plain(state.stream.slice(6)), stream: plain(state.stream) });
}

function renderAnswer(text) {
  const { result, verdict, order } = state;
  const wrong = result !== null && result.verdict !== "intact" && result.verdict !== "cannot_tell";
  const record = recordState(result?.verdict ?? null, text);
  place("alarm").replaceChildren(...(wrong ? [alarm(result.verdict, result.report, STEPS, text)] : []));
  place("named").textContent = named();
  const shown = wrong ? [] : [record];
  if (verdict !== null) {
    const { title, body } = answer(order, verdict, text, words());
    place("verdict").replaceChildren(title, ...shown);
    place("answer").replaceChildren(...body.filter(Boolean));
  } else {
    place("verdict").replaceChildren(element("h1", { class: "verdict" }, named()), ...shown);
    place("answer").replaceChildren(...(state.newer ? [element("p", {}, text.factsOnly)] : []));
  }
  place("named").hidden = verdict === null;
}

function renderChecks() {
  const text = texts();
  const report = state.result?.report ?? state.report;
  place("checks-title").textContent = state.files.length > 1 ? text.checksMany : text.checks;
  place("checks-done").textContent = report ? progress(report, text) : "";
  place("checks").replaceChildren(...(report ? [checks(report, text, words())] : []));
}

function renderTimeline(text) {
  const all = state.lines.length;
  const shown = state.lines.filter(({ event }) => isMoney(event)).length;
  place("timeline-title").textContent = text.timeline;
  place("timeline-section").hidden = all === 0;
  const money = state.shown === "money";
  place("timeline-count").textContent = money ? say(text.money, { shown, all }) : say(text.allEvents, { all });
  place("timeline-toggle").textContent = money ? text.showAll : text.showMoney;
  place("timeline-toggle").hidden = shown === 0 || shown === all;
  place("timeline").replaceChildren(timeline(state.lines, state.shown, text, words()));
}

function renderAttached(text) {
  const found = attachedIn(state.lines);
  place("attached-section").hidden = !found.length;
  place("attached-title").textContent = text.attached.title;
  place("attached-count").textContent = String(found.length);
  place("attached-note").textContent = text.attached.note;
  place("attached").replaceChildren(attachments(found, { ...text.attached, event: text.event }, words()));
}

function renderEnd(text) {
  const { result } = state;
  place("end").hidden = result === null;
  if (result === null) return;
  place("limits-title").textContent = text.notChecked;
  const hint = result.keyring === null && state.lines.length ? element("p", { class: "note" }, text.keyringToo) : null;
  place("limits").replaceChildren(...[hint, limits(result, state.laterPossible, text, words())].filter(Boolean));
  place("print").textContent = text.print;
  place("save").textContent = text.save;
  place("save").hidden = !state.lines.length;
  place("without-title").textContent = text.help;
  place("without").replaceChildren(...without(state.files, text));
  place("paper").replaceChildren(paper({ ...state, named: named() }, text, words()));
  const head = result.head ?? "";
  const short = head ? `${head.slice(0, 8)} ${head.slice(8, 16)} … ${head.slice(-8)}` : "—";
  const quoted = (value) => `"${value.replace(/[^\p{L}\p{N} ./·…:()-]/gu, "_")}"`;
  footer.replaceSync(
    `@page { @bottom-left { content: ${quoted(say(text.foot, { head: short }))} }` +
      ` @bottom-right { content: ${quoted(`${named()} · ${text.page}`)} counter(page) ${quoted(text.ofPages)} counter(pages) } }`,
  );
}

// --- wiring

function speak(code) {
  state.language = code;
  render();
}

place("search").addEventListener("submit", (event) => {
  event.preventDefault();
  openOrder(place("number").value);
});
place("file").addEventListener("change", () => openFiles(place("file").files));
place("timeline-toggle").addEventListener("click", () => {
  state.shown = state.shown === "money" ? "all" : "money";
  renderTimeline(texts());
});
place("save").addEventListener("click", saveFiles);
place("print").addEventListener("click", () => window.print());
for (const code of ["en", "zh"]) place(code).addEventListener("click", () => speak(code));
for (const name of ["dragover", "drop"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    place("drop").classList.toggle("over", name === "dragover");
    if (name === "drop" && event.dataTransfer.files.length) openFiles(event.dataTransfer.files);
  });
}
document.addEventListener("dragleave", () => place("drop").classList.remove("over"));
window.addEventListener("hashchange", openAddress);

// An address with #shop/number opens that order.
function openAddress() {
  let wanted = "";
  try {
    wanted = decodeURIComponent(location.hash.slice(1));
  } catch {
    return;
  }
  if (!wanted) return;
  place("number").value = wanted;
  openOrder(wanted);
}

place("starting").remove();
place("page").hidden = false;
render();
place("number").focus();
openAddress();
