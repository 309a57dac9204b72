// Names of the objects in an archive.

import { encodeText, hex, sha256 } from "./bytes.mjs";

const PLAIN = /[A-Za-z0-9_-]/;
const LONGEST = 120;

async function escape(text) {
  const bytes = encodeText(text);
  let escaped = "";
  for (const byte of bytes) {
    const letter = String.fromCharCode(byte);
    escaped += PLAIN.test(letter) ? letter : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  if (escaped.length <= LONGEST) return escaped;
  return `${escaped.slice(0, 80)}~${hex(await sha256(bytes)).slice(0, 32)}`;
}

export async function historyPath(stream, date, revision) {
  const tail = `_${date}_r${revision}.jsonl.gz`;
  if (stream.startsWith("system/")) return `system/${await escape(stream.slice(7))}${tail}`;
  const name = stream.slice("order/".length);
  const slash = name.indexOf("/");
  const number = name.slice(slash + 1);
  const folder = hex(await sha256(encodeText(number))).slice(0, 2);
  return `orders/${await escape(name.slice(0, slash))}/${folder}/${await escape(number)}${tail}`;
}

export function packPath(size, pack) {
  return `packs/${size}/${String(pack).padStart(5, "0")}.jsonl.gz`;
}

export function shardPath(size, shard) {
  return `index/${size}/${String(shard).padStart(5, "0")}.rows`;
}

// `full` is whether the tile has all of its 256 hashes.
export function tilePath(level, index, width) {
  let name = String(index % 1000).padStart(3, "0");
  for (let rest = Math.floor(index / 1000); rest; rest = Math.floor(rest / 1000)) {
    name = `x${String(rest % 1000).padStart(3, "0")}/${name}`;
  }
  return `log/tile/${level}/${name}${width === 256 ? "" : `.p/${width}`}`;
}
