// The published log: hashes of perfect subtrees, out of its tiles.
// Source: C2SP tlog-tiles.

import { FormatError } from "./bytes.mjs";
import { tilePath } from "./layout.mjs";
import { nodeHash } from "./merkle.mjs";

// Returns `node(level, index)` for a log of `size` leaves. A tile is read once.
export function nodesOf(size, read) {
  const tiles = new Map();
  return async (level, index) => {
    const tileLevel = Math.floor(level / 8);
    const below = 2 ** (level % 8);
    const first = index * below;
    const number = Math.floor(first / 256);
    const path = tilePath(tileLevel, number, Math.min(256, Math.floor(size / 256 ** tileLevel) - number * 256));
    if (!tiles.has(path)) tiles.set(path, await read(path));
    const tile = tiles.get(path);
    if (tile === null) throw new FormatError(`${path} is missing`);
    const start = (first - number * 256) * 32;
    let hashes = [];
    for (let place = start; place < start + below * 32; place += 32) hashes.push(tile.subarray(place, place + 32));
    if (hashes.at(-1).length !== 32) throw new FormatError(`${path} is cut off`);
    while (hashes.length > 1) {
      const parents = [];
      for (let place = 0; place < hashes.length; place += 2) {
        parents.push(await nodeHash(hashes[place], hashes[place + 1]));
      }
      hashes = parents;
    }
    return hashes[0];
  };
}
