// The log's Merkle tree: leaves, inclusion and consistency.
// Source: RFC 6962, section 2.1; verification as in RFC 9162, sections 2.1.3.2 and 2.1.4.2.

import { encodeText, equal, hex, sha256 } from "./bytes.mjs";

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

// The leaf of one event: tag of its stream, version, hash of its line.
export async function leafOf(tag, version, digest) {
  return sha256(LEAF, encodeText(`orderproof/1 ${tag} ${version} ${hex(digest)}\n`));
}

export async function nodeHash(left, right) {
  return sha256(NODE, left, right);
}

// Whether `path` leads from the leaf at `index` to the root of `size` leaves.
export async function includes(leaf, index, size, path, root) {
  if (!(index >= 0 && index < size)) return false;
  let place = BigInt(index);
  let last = BigInt(size) - 1n;
  let result = leaf;
  for (const sibling of path) {
    if (last === 0n) return false;
    if (place & 1n || place === last) {
      result = await nodeHash(sibling, result);
      while (!(place & 1n) && place) {
        place >>= 1n;
        last >>= 1n;
      }
    } else {
      result = await nodeHash(result, sibling);
    }
    place >>= 1n;
    last >>= 1n;
  }
  return last === 0n && equal(result, root);
}

// The root of the first `size` leaves, from `node(level, index)`: hashes of perfect subtrees.
export async function rootOf(size, node) {
  if (size === 0) return sha256(new Uint8Array(0));
  const peaks = [];
  let begin = 0;
  for (let level = 52; level >= 0; level -= 1) {
    const width = 2 ** level;
    if (size - begin >= width) {
      peaks.push(await node(level, begin / width));
      begin += width;
    }
  }
  let result = peaks.pop();
  while (peaks.length) result = await nodeHash(peaks.pop(), result);
  return result;
}

// Whether a leaf stands at `index` in the log of `size` leaves with this root.
export async function leads(leaf, index, size, root, node) {
  if (!(index >= 0 && index < size)) return false;
  // The perfect subtree that holds the leaf is built up from it, with the hashes beside its way.
  const built = async (level, place) => {
    if (Math.floor(index / 2 ** level) !== place) return node(level, place);
    if (level === 0) return leaf;
    return nodeHash(await built(level - 1, place * 2), await built(level - 1, place * 2 + 1));
  };
  return equal(await rootOf(size, built), root);
}

// Whether the log of `size` leaves with this root begins with the `first` leaves of the other root.
// Both roots are computed from the same hashes: those of the perfect subtrees that the first log
// consists of, and those behind them.
export async function continues(first, firstRoot, size, root, node) {
  if (first > size) return false;
  const seen = new Map();
  const once = async (level, index) => {
    const key = `${level}/${index}`;
    if (!seen.has(key)) seen.set(key, await node(level, index));
    return seen.get(key);
  };
  if (!equal(await rootOf(first, once), firstRoot)) return false;
  // A subtree that crosses the end of the first log is built from its two halves; then all that
  // lie before that end are those that the first root was made of.
  const built = async (level, index) => {
    const begin = index * 2 ** level;
    const end = begin + 2 ** level;
    if (begin < first && first < end) {
      return nodeHash(await built(level - 1, index * 2), await built(level - 1, index * 2 + 1));
    }
    return once(level, index);
  };
  return equal(await rootOf(size, built), root);
}
