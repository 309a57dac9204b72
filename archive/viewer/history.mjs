// A history's text: header, event lines, proof of the seal. Nothing in the header is believed.

import { FormatError, decodeText, encodeText, find, fromBase64, hex, sha256, splitLines } from "./bytes.mjs";
import { hasKeys, isObject, readJson } from "./json.mjs";

const EMPTY_LINE = Uint8Array.of(10, 10);
const COMMON = ["events", "first_version", "orderproof", "origin", "positions", "revision", "tag"];
const LINE_KEYS = ["event", "prev", "recorded_at", "stream", "type", "version"];
const LONGEST_LINE = 8 << 20;
const LONGEST_PATH = 64;
const MAGIC = "c2sp.org/tlog-proof@v1";

// Returns `{header, stream, lines, proof: {index, path, note}}`.
export function parseHistory(text) {
  const gap = find(text, EMPTY_LINE);
  if (gap < 0) throw new FormatError("has no empty line between its events and its proof");
  const [first, ...lines] = splitLines(text.subarray(0, gap));
  const header = readHeader(first);
  if (lines.length !== header.positions.length) {
    throw new FormatError("holds another number of lines than its header says");
  }
  const stream = header.system === undefined ? `order/${header.shop}/${header.order}` : `system/${header.system}`;
  return { header, stream, lines, proof: readProof(text.subarray(gap + 2)) };
}

function readHeader(bytes) {
  const header = readJson(bytes, { sorted: true });
  if (!hasKeys(header, [...COMMON, "order", "shop"]) && !hasKeys(header, [...COMMON, "system"])) {
    throw new FormatError("the header's keys are not those of a history");
  }
  for (const name of ["origin", "tag", "order", "shop", "system"]) {
    if (name in header && typeof header[name] !== "string") throw new FormatError(`the header's ${name} is not text`);
  }
  for (const name of ["events", "first_version", "orderproof", "revision"]) {
    if (!Number.isSafeInteger(header[name]) || header[name] < 1) {
      throw new FormatError(`the header's ${name} is not a number from 1`);
    }
  }
  if (header.orderproof !== 1) throw new FormatError("the header names a format that this page does not know");
  if (!/^[0-9a-f]{32}$/.test(header.tag)) throw new FormatError("the header's tag is not 32 hex digits");
  if (header.shop?.includes("/")) throw new FormatError("the header's shop holds a slash");
  const { positions } = header;
  if (!Array.isArray(positions) || !positions.length) throw new FormatError("the header names no positions");
  if (!positions.every((one) => Number.isSafeInteger(one) && one > 0)) {
    throw new FormatError("the header's positions do not rise");
  }
  if (header.events !== header.first_version + positions.length - 1) {
    throw new FormatError("the header's events, first_version and positions disagree");
  }
  return header;
}

// Reads a `c2sp.org/tlog-proof`: index, path, and the signed note behind an empty line.
export function readProof(bytes) {
  const gap = find(bytes, EMPTY_LINE);
  const [magic, index, ...path] = decodeText(bytes.subarray(0, Math.max(gap, 0))).split("\n");
  const note = bytes.subarray(gap + 2);
  if (gap < 0 || magic !== MAGIC || index === undefined || !note.length) {
    throw new FormatError("has no proof behind its events");
  }
  const match = /^index (0|[1-9][0-9]{0,14})$/.exec(index);
  if (!match || path.length >= LONGEST_PATH) {
    throw new FormatError("the proof's index or path is not in the form of a tlog-proof");
  }
  return { index: Number(match[1]), path: path.map(readHash), note };
}

function readHash(text) {
  const hash = fromBase64(text);
  if (hash.length !== 32) throw new FormatError("a step of the proof is not a SHA-256 hash");
  return hash;
}

// Positions in the log: the first, then differences.
export function positionsOf(header) {
  let place = 0;
  return header.positions.map((step) => (place += step));
}

// Reads an event's line: keys, order and spacing are exactly those of the format.
export function readLine(bytes) {
  if (bytes.length > LONGEST_LINE) throw new FormatError("the line is longer than any recorded event");
  const line = readJson(bytes, { sorted: false });
  if (!isObject(line) || Object.keys(line).join() !== LINE_KEYS.join()) {
    throw new FormatError("the line's keys are not those of an event");
  }
  const { event } = line;
  if (!isObject(event) || !isObject(event.data)) throw new FormatError("the event has no data");
  const texts = [line.stream, line.type, line.prev, line.recorded_at, event.id, event.source, event.occurred_at];
  if (!texts.every((one) => typeof one === "string")) {
    throw new FormatError("a field of the line that must be text is not");
  }
  if (!Number.isSafeInteger(line.version) || line.version < 1) {
    throw new FormatError("the version is not a number from 1");
  }
  if (!/^[0-9a-f]{64}$/.test(line.prev) || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(line.recorded_at)) {
    throw new FormatError("prev or recorded_at is not in the format's form");
  }
  return {
    stream: line.stream,
    version: line.version,
    type: line.type,
    recordedAt: line.recorded_at,
    prev: line.prev,
    id: event.id,
    source: event.source,
    occurredAt: event.occurred_at,
    schema: event.schema,
    data: event.data,
    actor: event.actor,
    sealed: isObject(event.pii) ? Object.keys(event.pii) : [],
  };
}

// The `prev` of a stream's first line.
export async function firstPrev(stream) {
  return hex(await sha256(encodeText(stream)));
}
