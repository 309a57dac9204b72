// Finding an order's histories through the index: the root, one shard of each generation.

import { FormatError, encodeText, equal, fromBase64, hex, readUint, sha256 } from "./bytes.mjs";
import { isObject, readJson } from "./json.mjs";
import { historyPath, packPath, shardPath } from "./layout.mjs";

const ROW = 48;
const MOST_SHOPS = 20;
const OWN_FILE = 0xffffffff;
const NO_ROWS = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"; // SHA-256 of nothing

// `read(path)` gives the bytes of a file of the archive, null if there is none.
export async function readRoot(read) {
  const bytes = await read("index/root.json");
  if (bytes === null) return null;
  const end = bytes.at(-1) === 10 ? -1 : undefined;
  const root = readJson(bytes.subarray(0, end), { sorted: true });
  if (!isObject(root) || root.orderproof !== 1) throw new FormatError("index/root.json is of another format");
  return root;
}

// The streams that an order's name can mean: `shop/number`, or a number in any shop; null where the
// index does not know all shops, or knows too many to ask for, so that the shop has to be named.
export function streamsOf(root, order, shop) {
  if (shop) return [`order/${shop}/${order}`];
  const exact = order.includes("/") ? [`order/${order}`] : [];
  if (!Array.isArray(root.shops) || root.shops.length > MOST_SHOPS) return exact.length ? exact : null;
  return [...new Set([...exact, ...root.shops.map((one) => `order/${one}/${order}`)])];
}

// Whether an order may have lines that are in no history yet. False is certain.
export function mayBeOpen(root, digest) {
  if (typeof root.open_streams !== "string") return root.open_lines > 0;
  const prefixes = fromBase64(root.open_streams);
  for (let place = 0; place < prefixes.length; place += 4) {
    if (equal(prefixes.subarray(place, place + 4), digest.subarray(0, 4))) return true;
  }
  return false;
}

// The rows of a stream, newest revision last.
export async function findRows(root, stream, read) {
  const key = (await sha256(encodeText(stream))).subarray(0, 16);
  const rows = rowsOf(fromBase64(root.inline), key);
  for (const generation of [root.base, root.delta]) {
    if (!isObject(generation)) continue;
    const shard = Number((readUint(key, 0, 4) * BigInt(generation.shards)) >> 32n);
    const digest = hex(fromBase64(generation.digests).subarray(shard * 32, shard * 32 + 32));
    if (digest === NO_ROWS) continue;
    const path = shardPath(generation.at, shard);
    const bytes = await read(path);
    if (bytes === null) throw new FormatError(`${path} is missing`);
    if (hex(await sha256(bytes)) !== digest) throw new FormatError(`${path} is not the shard that the index names`);
    rows.push(...rowsOf(bytes, key));
  }
  return rows.sort((one, other) => one.revision - other.revision);
}

function rowsOf(bytes, key) {
  if (bytes.length % ROW) throw new FormatError("a shard of the index is cut off");
  const rows = [];
  let low = 0;
  let high = bytes.length / ROW;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (before(bytes.subarray(middle * ROW, middle * ROW + 16), key)) low = middle + 1;
    else high = middle;
  }
  for (let place = low * ROW; place < bytes.length && equal(bytes.subarray(place, place + 16), key); place += ROW) {
    const pack = Number(readUint(bytes, place + 24, 4));
    rows.push({
      size: Number(readUint(bytes, place + 16, 8)),
      pack: pack === OWN_FILE ? null : pack,
      offset: Number(readUint(bytes, place + 28, 8)),
      length: Number(readUint(bytes, place + 36, 4)),
      revision: Number(readUint(bytes, place + 40, 4)),
      date: String(readUint(bytes, place + 44, 4)).padStart(8, "0"),
    });
  }
  return rows;
}

function before(one, other) {
  for (let place = 0; place < one.length; place += 1) {
    if (one[place] !== other[place]) return one[place] < other[place];
  }
  return false;
}

// Reads what a row points to: the bytes of one gzip member, and for a pack the checkpoint that its
// histories share, which the index keeps.
export async function readRow(root, stream, row, read) {
  const name = await historyPath(stream, row.date, row.revision);
  if (row.pack === null) return { name, path: name, data: await read(name), note: null };
  const path = packPath(row.size, row.pack);
  const note = root.notes?.[String(row.size)];
  if (typeof note !== "string") throw new FormatError(`the index has no checkpoint for ${path}`);
  return { name, path, data: await read(path, row.offset, row.length), note: encodeText(note) };
}
