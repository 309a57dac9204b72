// Verifying an order's histories step by step. Each step is told when it begins and when it ends.

import { FormatError, equal, hex, sha256 } from "./bytes.mjs";
import { joined } from "./events.mjs";
import { gunzip } from "./inflate.mjs";
import { countSignatures, distrust, parseKeyring } from "./keyring.mjs";
import { firstPrev, parseHistory, positionsOf, readLine } from "./history.mjs";
import { checkIndexProof } from "./index_proof.mjs";
import { nodesOf } from "./log.mjs";
import { continues, includes, leafOf } from "./merkle.mjs";
import { ED25519, ML_DSA_44, isBy, parseCheckpoint, parseNote, verifyLine } from "./note.mjs";

export const STEPS = ["container", "header", "chain", "seal", "inclusion", "keyring", "signature", "second", "log", "index"];
const LARGEST = 128 << 20;
const BOTH = [ED25519, ML_DSA_44];
const KINDS = { [ED25519]: "Ed25519", [ML_DSA_44]: "ML-DSA-44" };
const WORST = ["intact", "cannot_tell", "incomplete", "altered"];
const SEALED = "history.sealed";

// What was found so far. `steps` holds, by name: `state` (waiting, running, good, bad, unknown),
// `measure` (a phrase of `texts.mjs` and its values), `detail` (what is wrong, in English).
class Report {
  constructor(tell) {
    this.steps = Object.fromEntries(STEPS.map((name) => [name, { state: "waiting", measure: null, detail: "" }]));
    this.verdict = "intact";
    this.tell = tell;
  }

  // Runs a step; `work` gets a function that takes what is wrong, and returns the measure.
  async step(name, work) {
    const step = this.steps[name];
    step.state = "running";
    this.tell(this);
    const accuse = (detail, verdict = "altered") => {
      step.state = "bad";
      step.detail ||= detail;
      this.worsen(verdict);
    };
    try {
      step.measure = (await work(accuse)) ?? step.measure;
      if (this.steps[name] !== step) return false; // it was skipped after all
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      accuse(error.message);
    }
    if (step.state === "running") step.state = "good";
    this.tell(this);
    return step.state === "good";
  }

  skip(name, measure, verdict = "intact") {
    this.steps[name] = { state: "unknown", measure, detail: "" };
    this.worsen(verdict);
    this.tell(this);
  }

  worsen(verdict) {
    this.verdict = WORST[Math.max(WORST.indexOf(this.verdict), WORST.indexOf(verdict))];
  }
}

// Verifies the revisions of one order, or of one system stream.
//
// `files`: `{name, data, note}` each; `note` is the checkpoint that a pack keeps apart.
// `archive`: `keyring` (bytes or null), `read(path)` (bytes, or null where nothing can be read), and
// `index`, the root through which the files were found.
// `tell`: called with the report whenever something in it changed.
export async function verify(files, archive, tell = () => {}) {
  const report = new Report(tell);
  const texts = [];
  await report.step("container", async (accuse) => {
    let size = 0;
    for (const file of files) {
      size += file.data.length;
      const { text, trouble } = gunzip(file.data, LARGEST);
      if (trouble) accuse(`${file.name} ${trouble}`);
      texts.push(file.note ? joined(text, file.note) : text);
    }
    return { key: "size", files: files.length, bytes: size };
  });
  const parts = [];
  const read = texts.length === files.length && (await report.step("header", async (accuse) => {
    for (const text of texts) parts.push(parseHistory(text));
    parts.sort((one, other) => one.header.revision - other.header.revision);
    const { stream, header } = parts[0];
    for (const part of parts) {
      if (part.stream !== stream) throw new FormatError("the files belong to different orders");
      if (part.header.tag !== header.tag) accuse("the revisions have different tags");
      if (part.header.origin !== header.origin) accuse("the revisions belong to different logs");
    }
    return { key: "revision", revision: parts.at(-1).header.revision };
  }));
  if (!parts.length || (!read && report.steps.header.measure === null)) {
    for (const name of STEPS) if (report.steps[name].state === "waiting") report.skip(name, { key: "stopped" });
    return { report, verdict: report.verdict, lines: [] };
  }
  const lines = [];
  await report.step("chain", (accuse) => checkChain(parts, lines, accuse));
  await report.step("seal", (accuse) => checkSeals(parts, accuse));
  const newest = parts.at(-1);
  let said = null;
  await report.step("inclusion", async (accuse) => {
    for (const part of parts) said = await checkInclusion(part, accuse);
    return { key: "hashes", hashes: newest.proof.path.length };
  });
  const keyring = await checkKeyring(report, archive, newest.header.origin);
  if (said !== null && keyring !== null) {
    await checkSignatures(report, parts, keyring);
    await checkSecond(report, said, newest, keyring, archive);
    const published = await checkLog(report, said, keyring, archive);
    await checkIndex(report, keyring, archive.index ?? null, published);
  } else {
    for (const name of ["signature", "second", "log", "index"]) report.skip(name, { key: "noKeyring" }, "cannot_tell");
  }
  const head = lines.length ? lines.at(-1).hash : "";
  return {
    report, verdict: report.verdict, lines, keyring, said, head,
    stream: newest.stream, header: newest.header, note: newest.proof.note,
  };
}

async function checkChain(parts, lines, accuse) {
  let total = 0;
  let prev = await firstPrev(parts[0].stream);
  let expected = 1;
  let good = 0;
  for (const part of parts) {
    const { header, stream } = part;
    if (header.first_version !== expected) {
      if (part !== parts[0]) accuse(`revision ${header.revision} does not begin where the one before ends`, "incomplete");
      prev = null;
    }
    const positions = positionsOf(header);
    total += part.lines.length;
    part.events = [];
    for (const [place, bytes] of part.lines.entries()) {
      const version = header.first_version + place;
      const hash = hex(await sha256(bytes));
      const event = readOrAccuse(bytes, version, accuse);
      part.events.push(event);
      lines.push({ position: positions[place], version, bytes, hash, event });
      if (event !== null) {
        if (event.stream !== stream) accuse(`event ${version} belongs to another history`);
        else if (event.version !== version) accuse(`event ${version} is not the version that comes next`, "incomplete");
        else if (prev !== null && event.prev !== prev) accuse(`event ${version} does not name the hash of the one before`);
        else good += 1;
      }
      prev = hash;
    }
    expected = header.events + 1;
  }
  return { key: "count", done: good, all: total };
}

function readOrAccuse(bytes, version, accuse) {
  try {
    return readLine(bytes);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    accuse(`event ${version}: ${error.message}`);
    return null;
  }
}

async function checkSeals(parts, accuse) {
  let revision = 1;
  for (const { header, events } of parts) {
    if (header.revision !== revision) {
      accuse(`revision ${header.revision} is here and revision ${revision} is not`, "incomplete");
    }
    revision = header.revision + 1;
    const seal = events.at(-1);
    if (seal === null || seal.type !== SEALED || seal.source !== "orderproof") {
      accuse("does not end with the seal of its history", "incomplete");
    } else if (["events", "first_version", "revision"].some((name) => seal.data[name] !== header[name])) {
      accuse("its header does not agree with its seal");
    }
    if (events.slice(0, -1).some((event) => event !== null && event.type === SEALED)) {
      accuse("a seal stands in the middle of the revision that it should end");
    }
  }
  return { key: "range", from: parts[0].header.first_version, to: parts.at(-1).header.events };
}

async function checkInclusion(part, accuse) {
  const { header, lines, proof } = part;
  part.checkpoint = parseNote(proof.note);
  const said = parseCheckpoint(part.checkpoint.text);
  part.said = said;
  if (said.origin !== header.origin) accuse("its checkpoint is one of another log");
  const index = positionsOf(header).at(-1) - 1;
  const leaf = await leafOf(header.tag, header.events, await sha256(lines.at(-1)));
  if (proof.index !== index) accuse("its proof is about another place of the log than its seal");
  else if (!(await includes(leaf, index, said.size, proof.path, said.root))) {
    accuse(`its proof does not lead to the root signed at size ${said.size}`);
  }
  return said;
}

async function checkKeyring(report, archive, origin) {
  if (archive.keyring === null) {
    report.skip("keyring", { key: "noKeyring" }, "cannot_tell");
    return null;
  }
  let keyring = null;
  await report.step("keyring", async (accuse) => {
    keyring = await parseKeyring(archive.keyring);
    const trouble = await distrust(keyring, (number) => archive.read(`trust/keyring.${number}.json`));
    if (trouble) accuse(trouble);
    if (keyring.origin !== origin) accuse(`the keyring is one of ${keyring.origin}, the history of ${origin}`);
    const { signed } = await countSignatures(keyring, keyring.roots);
    return { key: "roots", signed, roots: keyring.roots.keys.length };
  });
  if (keyring !== null && (await countSignatures(keyring, keyring.roots)).supported === false) {
    report.skip("keyring", { key: "noEd25519" }, "cannot_tell");
  }
  return keyring;
}

// Judges the lines of one note: the log's own must be of these kinds, in this order. Returns which
// of them verified; null stands for a kind that this browser does not know.
async function checkLines(note, size, keyring, expected, accuse) {
  const kinds = new Map();
  const own = [];
  const seen = new Set();
  for (const line of note.lines) {
    if (seen.has(line.line)) accuse("has a signature line twice");
    seen.add(line.line);
    const key = keyring.keys.find((one) => isBy(line, one));
    const known = key ?? keyring.witnesses.find((one) => isBy(line, one));
    if (!known) {
      accuse(`is signed by a key that the keyring does not name: ${line.name}+${line.keyId}`);
      continue;
    }
    const right = await verifyLine(known, note, line);
    if (right === false) accuse(`the signature by ${known.name}+${known.keyId} does not verify`);
    if (!key) continue;
    if (size < key.from || size > key.upTo) {
      accuse(`is signed by ${key.name}+${key.keyId}, which was not in force at size ${size}`);
    }
    own.push(key.type);
    kinds.set(key.type, right);
  }
  for (const kind of expected) if (!kinds.has(kind)) accuse(`has no ${KINDS[kind]} signature by a key of the keyring`);
  if (own.join() !== expected.join()) accuse("has other signature lines of the log than it should");
  return kinds;
}

async function checkSignatures(report, parts, keyring) {
  let supported = true;
  await report.step("signature", async (accuse) => {
    for (const part of parts) {
      const kinds = await checkLines(part.checkpoint, part.said.size, keyring, [ED25519], accuse);
      if (kinds.get(ED25519) === null) supported = false;
    }
    const line = parts.at(-1).checkpoint.lines[0];
    return { key: "ed25519", keyId: line.keyId, size: parts.at(-1).said.size };
  });
  if (!supported) report.skip("signature", { key: "noEd25519" }, "cannot_tell");
}

// The stored checkpoint of the same size: the same root, and the signature of the second kind.
async function checkSecond(report, said, newest, keyring, archive) {
  let supported = true;
  await report.step("second", async (accuse) => {
    const bytes = await archive.read(`log/checkpoints/${said.size}`);
    if (bytes === null) return report.skip("second", { key: "noArchive" });
    const stored = parseNote(bytes);
    if (stored.text !== newest.checkpoint.text) {
      accuse(`the archive's checkpoint of size ${said.size} signs another root`);
    }
    const kinds = await checkLines(stored, said.size, keyring, BOTH, accuse);
    if (kinds.get(ML_DSA_44) === null) supported = false;
    return { key: "mlDsa" };
  });
  if (!supported && report.steps.second.state === "good") report.skip("second", { key: "noMlDsa" });
}

// The newest state of the log begins with the one that the history is proved against.
async function checkLog(report, said, keyring, archive) {
  let newest = null;
  await report.step("log", async (accuse) => {
    const bytes = await archive.read("log/checkpoint");
    if (bytes === null) return report.skip("log", { key: "noArchive" });
    const note = parseNote(bytes);
    newest = parseCheckpoint(note.text);
    if (newest.origin !== said.origin) throw new FormatError("log/checkpoint is one of another log");
    await checkLines(note, newest.size, keyring, BOTH, accuse);
    if (newest.size < said.size) accuse(`log/checkpoint ends at ${newest.size}, before ${said.size}`, "incomplete");
    else if (newest.size === said.size) {
      if (!equal(newest.root, said.root)) accuse(`log/checkpoint signs another root at size ${said.size}`);
    } else if (!(await continues(said.size, said.root, newest.size, newest.root, nodesOf(newest.size, archive.read)))) {
      accuse(`the log of size ${newest.size} does not begin with the log of size ${said.size}`);
    }
    return { key: "sizes", from: said.size, to: newest.size };
  });
  return newest;
}

// The index is the one that the newest run recorded: so it hides no later revision.
async function checkIndex(report, keyring, index, newest) {
  if (index === null) return report.skip("index", { key: "noIndex" });
  return report.step("index", async (accuse) => {
    const proved = await checkIndexProof(index, accuse);
    if (proved === null) return null;
    await checkLines(proved.note, proved.said.size, keyring, [ED25519], accuse);
    if (proved.said.origin !== keyring.origin) accuse("the index is one of another log");
    if (newest !== null && newest.size !== proved.said.size) {
      accuse(`the index is as of size ${proved.said.size}, log/checkpoint as of ${newest.size}`, "incomplete");
    }
    return { key: "asOf", size: proved.said.size };
  });
}
