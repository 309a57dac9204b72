// Bytes, text, hashes: the few conversions that every check needs, all of them strict.

export class FormatError extends Error {}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ENCODER = new TextEncoder();
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

export function encodeText(text) {
  return ENCODER.encode(text);
}

export function decodeText(bytes) {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new FormatError("not UTF-8 text");
  }
}

export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let place = 0;
  for (const part of parts) {
    whole.set(part, place);
    place += part.length;
  }
  return whole;
}

export function equal(one, other) {
  return one.length === other.length && one.every((byte, place) => byte === other[place]);
}

export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function fromHex(text) {
  if (!/^([0-9a-f]{2})*$/.test(text)) throw new FormatError("not lower-case hex");
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

export function toBase64(bytes) {
  let text = "";
  for (let place = 0; place < bytes.length; place += 3) {
    const [a, b, c] = [bytes[place], bytes[place + 1], bytes[place + 2]];
    text += ALPHABET[a >> 2] + ALPHABET[((a & 3) << 4) | ((b ?? 0) >> 4)];
    text += b === undefined ? "=" : ALPHABET[((b & 15) << 2) | ((c ?? 0) >> 6)];
    text += c === undefined ? "=" : ALPHABET[c & 63];
  }
  return text;
}

// Lenient decoders accept changed characters, so a changed signature would still verify.
export function fromBase64(text) {
  if (text.length % 4 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new FormatError("not base64");
  const bytes = [];
  let bits = 0;
  let held = 0;
  for (const letter of text.replace(/=+$/, "")) {
    held = ((held << 6) | ALPHABET.indexOf(letter)) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((held >> bits) & 255);
    }
  }
  const decoded = Uint8Array.from(bytes);
  if (toBase64(decoded) !== text) throw new FormatError("base64 is not in its one canonical form");
  return decoded;
}

export async function sha256(...parts) {
  const data = parts.length === 1 ? parts[0] : concat(...parts);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data));
}

export function readUint(bytes, place, size) {
  let value = 0n;
  for (let next = place; next < place + size; next += 1) value = (value << 8n) | BigInt(bytes[next]);
  return value;
}

export function writeUint(value, size) {
  const bytes = new Uint8Array(size);
  let rest = BigInt(value);
  for (let place = size - 1; place >= 0; place -= 1) {
    bytes[place] = Number(rest & 255n);
    rest >>= 8n;
  }
  return bytes;
}

// Where `pattern` begins in `bytes`, -1 if it is not there.
export function find(bytes, pattern, from = 0) {
  for (let place = bytes.indexOf(pattern[0], from); place >= 0; place = bytes.indexOf(pattern[0], place + 1)) {
    if (pattern.every((byte, offset) => bytes[place + offset] === byte)) return place;
  }
  return -1;
}

export function splitLines(bytes) {
  const lines = [];
  let start = 0;
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  lines.push(bytes.subarray(start));
  return lines;
}
