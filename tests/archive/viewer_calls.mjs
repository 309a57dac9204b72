// Runs the viewer's modules under Node: calls as JSON on stdin, their results on stdout.

import { readFileSync } from "node:fs";

const folder = process.argv[2];
const load = (name) => import(`${folder}/${name}.mjs`);
const { FormatError } = await load("bytes");
const { verify } = await load("check");
const { deletedInTime } = await load("deleted");
const { gunzip, gzip } = await load("inflate");
const { readJson } = await load("json");
const { historyPath } = await load("layout");
const { findRows, readRoot, readRow } = await load("lookup");
const { continues, includes } = await load("merkle");
const { judge } = await load("judge");
const { foldOrder } = await load("order");
const { isoDay, readDay } = await load("reading");
const { action, languageOf, sentence } = await load("sentences");
const { mlDsaMessage, parseCheckpoint, parseKey, parseNote, verifyLine } = await load("note");

const bytes = (text) => (text === null || text === undefined ? null : new Uint8Array(Buffer.from(text, "base64")));
const base64 = (data) => Buffer.from(data).toString("base64");

// A file server that knows byte ranges.
function reader(files, requests) {
  return async (path, offset, length) => {
    requests.push(path);
    const data = bytes(files?.[path]);
    return data === null || offset === undefined ? data : data.subarray(offset, offset + length);
  };
}

const calls = {
  async verify({ files, keyring, archive }) {
    const read = files.map(({ name, data, note }) => ({ name, data: bytes(data), note: bytes(note) }));
    const { verdict, report, lines } = await verify(read, { keyring: bytes(keyring), read: reader(archive, []) });
    return { verdict, steps: report.steps, lines: lines.map(({ hash }) => hash) };
  },
  gunzip({ data, limit }) {
    const { text, trouble } = gunzip(bytes(data), limit ?? 1 << 26);
    if (trouble) throw new FormatError(trouble);
    return base64(text);
  },
  gzip: ({ text }) => base64(gzip(bytes(text))),
  json({ data, sorted }) {
    const plain = (value) => {
      if (typeof value === "bigint") return String(value);
      if (Array.isArray(value)) return value.map(plain);
      if (value === null || typeof value !== "object") return value;
      return Object.keys(value).map((key) => [key, plain(value[key])]);
    };
    return JSON.stringify(plain(readJson(bytes(data), { sorted })));
  },
  async note({ data, vkey }) {
    const note = parseNote(bytes(data));
    const key = await parseKey(vkey);
    const mine = note.lines.filter((line) => line.name === key.name && line.keyId === key.keyId);
    if (!mine.length) throw new FormatError("no signature by the key");
    for (const line of mine) if (!(await verifyLine(key, note, line))) throw new FormatError("does not verify");
    return note.text;
  },
  checkpoint: ({ text }) => parseCheckpoint(text).size,
  mlDsaMessage: ({ text, name, time }) => base64(mlDsaMessage(text, name, bytes(time))),
  includes: ({ leaf, index, size, path, root }) => includes(bytes(leaf), index, size, path.map(bytes), bytes(root)),
  continues({ first, firstRoot, size, root, nodes }) {
    const node = async (level, index) => bytes(nodes[`${level}/${index}`]);
    return continues(first, bytes(firstRoot), size, bytes(root), node);
  },
  judge({ events, asOf, integrity }) {
    const order = foldOrder(readJson(bytes(events), { sorted: true }));
    const verdict = judge(order, readDay(asOf), integrity);
    const day = (value) => isoDay(value ?? null);
    const said = Object.fromEntries(
      ["en", "zh"].map((code) => [code, [sentence(order, verdict, languageOf(code)), action(order, verdict, languageOf(code))]]),
    );
    const { code, row, cause, sides, also, nextActor, ids, confidence } = verdict;
    return {
      code, row, cause, sides, also, nextActor, ids, confidence, said,
      deadline: day(verdict.deadline),
      nextAnswer: day(verdict.nextAnswer),
      deciding: verdict.obligations.indexOf(verdict.deciding),
      obligations: verdict.obligations.map((one) => ({
        refund: one.refund?.refundId ?? null, state: one.state, verdict: one.verdict, row: one.row, also: one.also,
        amount: one.amount, currency: one.currency, psp: one.psp, expectedBy: day(one.expectedBy),
        deadline: day(one.deadline), nextAnswer: day(one.nextAnswer), alarm: one.alarm, ids: one.ids,
      })),
    };
  },
  async deleted({ archive, stream }) {
    const read = reader(archive, []);
    const index = await readRoot(read);
    const gone = [];
    for (const row of await findRows(index, stream, read)) {
      const { path, data } = await readRow(index, stream, row, read);
      if (data === null) gone.push({ row, path });
    }
    return deletedInTime(stream, gone, { keyring: new TextEncoder().encode(index.keyring), index, read });
  },
  path: ({ stream, date, revision }) => historyPath(stream, date, revision),
  async lookup({ archive, stream }) {
    const requests = [];
    const read = reader(archive, requests);
    const root = await readRoot(read);
    const rows = await findRows(root, stream, read);
    const files = [];
    for (const row of rows) {
      const { name, data, note } = await readRow(root, stream, row, read);
      files.push({ name, data: data && base64(data), note: note && base64(note) });
    }
    return { rows, files, requests };
  },
};

const results = [];
for (const [name, given] of JSON.parse(readFileSync(0, "utf8"))) {
  try {
    results.push({ is: await calls[name](given) });
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    results.push({ refused: error.message });
  }
}
process.stdout.write(JSON.stringify(results, (_, value) => (typeof value === "bigint" ? String(value) : value)));
