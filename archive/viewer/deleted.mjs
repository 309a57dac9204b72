// Histories that were deleted after their retention: proved by lists that the log vouches for.

import { FormatError, encodeText, hex, sha256, splitLines } from "./bytes.mjs";
import { verify } from "./check.mjs";
import { readLine } from "./history.mjs";
import { gunzip } from "./inflate.mjs";
import { isObject, readJson } from "./json.mjs";
import { nodesOf } from "./log.mjs";
import { findRows, readRow } from "./lookup.mjs";
import { leads, leafOf } from "./merkle.mjs";

const POLICY = "system/policy";
const LARGEST = 256 << 20;

// `gone`: `{row, path}` of the histories of a stream that the index names and that are not there.
// `archive`: `keyring`, `index` and `read`, as `verify` wants them.
// Returns the last day on which they were to be kept and the day after it on which the log named
// their list: `{until, listed}`; null where that is not proved for each of them.
export async function deletedInTime(stream, gone, archive) {
  const policy = await readPolicy(archive);
  if (policy === null) return null;
  let found = null;
  const left = [...gone];
  for (const event of policy.events) {
    const list = await readList(event.data.list_sha256, archive.read);
    for (const one of list) {
      const place = left.findIndex(({ row, path }) => one.file === path && one.revision === row.revision && one.offset === row.offset);
      if (place < 0) continue;
      const until = await keptUntil(one, stream, policy.said, archive.read);
      const listed = event.recordedAt.slice(0, 10);
      if (until === null || until >= listed) continue;
      left.splice(place, 1);
      found = { until: found && found.until > until ? found.until : until, listed: found && found.listed > listed ? found.listed : listed };
    }
    if (!left.length) return found;
  }
  return null;
}

// The events that name lists, newest first, out of histories that are intact; and the checkpoint
// that the newest of these is proved against.
async function readPolicy(archive) {
  const files = [];
  for (const row of await findRows(archive.index, POLICY, archive.read)) {
    const file = await readRow(archive.index, POLICY, row, archive.read);
    if (file.data === null) return null;
    files.push(file);
  }
  if (!files.length) return null;
  const { verdict, stream, lines, said } = await verify(files, archive);
  if (verdict !== "intact" || stream !== POLICY) return null;
  const isList = (event) => event.type === "policy.retention_applied" && event.source === "orderproof";
  return { said, events: lines.map(({ event }) => event).filter(isList).reverse() };
}

async function readList(digest, read) {
  if (typeof digest !== "string" || !/^[0-9a-f]{64}$/.test(digest)) return [];
  const path = `retired/${digest}.jsonl.gz`;
  const data = await read(path);
  if (data === null) return [];
  if (hex(await sha256(data)) !== digest) throw new FormatError(`${path} is not the list that the log names`);
  const { text, trouble } = gunzip(data, LARGEST);
  if (trouble) throw new FormatError(`${path} ${trouble}`);
  const [, ...rows] = splitLines(text.at(-1) === 10 ? text.subarray(0, -1) : text);
  return rows.map((row) => readJson(row, { sorted: true })).filter(isObject);
}

// The last day that the seal names, if the seal is one of the stream and in the log; else null.
async function keptUntil(one, stream, said, read) {
  const bytes = encodeText(String(one.seal));
  const seal = readLine(bytes);
  const until = seal.data.retain_until;
  const right =
    seal.stream === stream && seal.type === "history.sealed" && seal.source === "orderproof" &&
    seal.data.revision === one.revision && /^\d{4}-\d\d-\d\d$/.test(until) && Array.isArray(one.positions);
  if (!right) return null;
  const index = one.positions.reduce((sum, step) => sum + Number(step), 0) - 1;
  if (!Number.isSafeInteger(index)) return null;
  const leaf = await leafOf(String(one.tag), seal.version, await sha256(bytes));
  return (await leads(leaf, index, said.size, said.root, nodesOf(said.size, read))) ? until : null;
}
