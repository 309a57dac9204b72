// One gzip member of the archive's one form: fixed header, deflate data, checksum, length, end.
// Source: RFC 1952 (gzip), RFC 1951 (deflate).
//
// Not DecompressionStream: it does not tell where the data ended, and some let anything follow.

import { FormatError, concat, equal } from "./bytes.mjs";

export const GZIP_HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff);
const LENGTH_BASE = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
const DISTANCE_EXTRA = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

export function crc32(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) value = (value >>> 8) ^ CRC_TABLE[(value ^ byte) & 255];
  return (value ^ 0xffffffff) >>> 0;
}

// Returns the text of the one member that `data` is, and what is wrong with its container, if
// it could be read all the same.
export function gunzip(data, limit) {
  if (!equal(data.subarray(0, 10), GZIP_HEADER)) {
    throw new FormatError("does not start as a gzip member of this archive");
  }
  const { text, end } = inflate(data, 10, limit);
  const trailer = data.subarray(end);
  if (trailer.length < 8) return { text, trouble: "ends before its checksum and length" };
  if (trailer.length > 8) return { text, trouble: "goes on behind the end of its one member" };
  const view = new DataView(trailer.buffer, trailer.byteOffset, 8);
  const right = view.getUint32(0, true) === crc32(text) && view.getUint32(4, true) === text.length % 2 ** 32;
  return { text, trouble: right ? "" : "its checksum or length does not fit its content" };
}

// The one gzip form without compressing anything: stored blocks (RFC 1951, section 3.2.4).
export function gzip(text) {
  const parts = [GZIP_HEADER];
  for (let place = 0; place === 0 || place < text.length; place += 0xffff) {
    const block = text.subarray(place, place + 0xffff);
    const last = place + 0xffff >= text.length ? 1 : 0;
    const low = block.length & 0xff;
    const high = block.length >> 8;
    parts.push(Uint8Array.of(last, low, high, low ^ 0xff, high ^ 0xff), block);
  }
  const trailer = new DataView(new ArrayBuffer(8));
  trailer.setUint32(0, crc32(text), true);
  trailer.setUint32(4, text.length % 2 ** 32, true);
  return concat(...parts, new Uint8Array(trailer.buffer));
}

// Returns what deflate data holds, and where it ends.
export function inflate(data, start, limit) {
  const bits = new Bits(data, start);
  const out = new Output(limit);
  for (let last = 0; !last; ) {
    last = bits.take(1);
    const kind = bits.take(2);
    if (kind === 0) stored(bits, out);
    else if (kind === 1) compressed(bits, out, FIXED.literals, FIXED.distances);
    else if (kind === 2) compressed(bits, out, ...readCodes(bits));
    else throw damaged();
  }
  return { text: out.whole(), end: bits.byteEnd() };
}

class Bits {
  constructor(data, place) {
    this.data = data;
    this.place = place;
    this.held = 0;
    this.count = 0;
  }

  take(wanted) {
    while (this.count < wanted) {
      if (this.place >= this.data.length) throw new FormatError("ends in the middle of the compressed data");
      this.held |= this.data[this.place] << this.count;
      this.place += 1;
      this.count += 8;
    }
    const value = this.held & ((1 << wanted) - 1);
    this.held >>>= wanted;
    this.count -= wanted;
    return value;
  }

  // At most seven bits are held, and they are the rest of a byte that was begun.
  byteEnd() {
    this.held = 0;
    this.count = 0;
    return this.place;
  }

  symbol(code) {
    let value = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= 15; length += 1) {
      value |= this.take(1);
      const count = code.counts[length];
      if (value - first < count) return code.symbols[index + value - first];
      index += count;
      first = (first + count) << 1;
      value <<= 1;
    }
    throw damaged();
  }
}

class Output {
  constructor(limit) {
    this.limit = limit;
    this.bytes = new Uint8Array(1 << 16);
    this.size = 0;
  }

  room(more) {
    if (this.size + more > this.limit) throw new FormatError(`holds more than ${this.limit} bytes`);
    if (this.size + more <= this.bytes.length) return;
    const bigger = new Uint8Array(Math.max(this.bytes.length * 2, this.size + more));
    bigger.set(this.bytes.subarray(0, this.size));
    this.bytes = bigger;
  }

  copy(distance, length) {
    if (distance > this.size) throw damaged();
    this.room(length);
    for (let end = this.size + length; this.size < end; this.size += 1) {
      this.bytes[this.size] = this.bytes[this.size - distance];
    }
  }

  whole() {
    return this.bytes.subarray(0, this.size);
  }
}

function stored(bits, out) {
  const place = bits.byteEnd();
  const head = bits.data.subarray(place, place + 4);
  if (head.length < 4) throw new FormatError("ends in the middle of the compressed data");
  const length = head[0] | (head[1] << 8);
  if ((length ^ (head[2] | (head[3] << 8))) !== 0xffff) throw damaged();
  const body = bits.data.subarray(place + 4, place + 4 + length);
  if (body.length < length) throw new FormatError("ends in the middle of the compressed data");
  out.room(length);
  out.bytes.set(body, out.size);
  out.size += length;
  bits.place = place + 4 + length;
}

function compressed(bits, out, literals, distances) {
  for (;;) {
    const symbol = bits.symbol(literals);
    if (symbol === 256) return;
    if (symbol < 256) {
      out.room(1);
      out.bytes[out.size] = symbol;
      out.size += 1;
      continue;
    }
    if (symbol > 285) throw damaged();
    const length = LENGTH_BASE[symbol - 257] + bits.take(LENGTH_EXTRA[symbol - 257]);
    const distance = bits.symbol(distances);
    if (distance > 29) throw damaged();
    out.copy(DISTANCE_BASE[distance] + bits.take(DISTANCE_EXTRA[distance]), length);
  }
}

function readCodes(bits) {
  const literals = bits.take(5) + 257;
  const distances = bits.take(5) + 1;
  const used = bits.take(4) + 4;
  if (literals > 286 || distances > 30) throw damaged();
  const small = new Array(19).fill(0);
  for (let place = 0; place < used; place += 1) small[CODE_ORDER[place]] = bits.take(3);
  const code = makeCode(small, false);
  const lengths = [];
  while (lengths.length < literals + distances) {
    const symbol = bits.symbol(code);
    if (symbol < 16) {
      lengths.push(symbol);
      continue;
    }
    if (symbol === 16 && !lengths.length) throw damaged();
    const value = symbol === 16 ? lengths.at(-1) : 0;
    const times = symbol === 16 ? 3 + bits.take(2) : symbol === 17 ? 3 + bits.take(3) : 11 + bits.take(7);
    for (let time = 0; time < times; time += 1) lengths.push(value);
  }
  if (lengths.length > literals + distances || !lengths[256]) throw damaged();
  return [makeCode(lengths.slice(0, literals), true), makeCode(lengths.slice(literals), true)];
}

// A canonical Huffman code. One that is not complete is refused, but for a single code of one bit
// or none at all, as zlib does.
function makeCode(lengths, single) {
  const counts = new Array(16).fill(0);
  for (const length of lengths) counts[length] += 1;
  const total = lengths.length - counts[0];
  counts[0] = 0;
  let left = 1;
  for (let length = 1; length <= 15; length += 1) {
    left = left * 2 - counts[length];
    if (left < 0) throw damaged();
  }
  if (left > 0 && !(single && (total === 0 || (total === 1 && counts[1] === 1)))) throw damaged();
  const offsets = [0, 0];
  for (let length = 1; length < 15; length += 1) offsets.push(offsets[length] + counts[length]);
  const symbols = [];
  lengths.forEach((length, symbol) => {
    if (length) {
      symbols[offsets[length]] = symbol;
      offsets[length] += 1;
    }
  });
  return { counts, symbols };
}

const FIXED = {
  literals: makeCode([...new Array(144).fill(8), ...new Array(112).fill(9), ...new Array(24).fill(7), ...new Array(8).fill(8)], true),
  distances: makeCode(new Array(32).fill(5), true),
};

function damaged() {
  return new FormatError("holds damaged compressed data");
}
