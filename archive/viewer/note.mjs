// Signed notes, the checkpoints in them, and the keys that verify them.
// Source: C2SP signed-note, tlog-checkpoint and tlog-cosignature.

import { FormatError, concat, decodeText, encodeText, equal, fromBase64, hex, sha256, toBase64, writeUint } from "./bytes.mjs";

export const ED25519 = 0x01;
export const COSIGNATURE = 0x04;
export const ML_DSA_44 = 0x06;
const KEY_BYTES = { [ED25519]: 32, [COSIGNATURE]: 32, [ML_DSA_44]: 1312 };
const SIGNATURE_BYTES = { [ED25519]: 64, [COSIGNATURE]: 72, [ML_DSA_44]: 2428 };
const LARGEST = 64 << 10;
const MOST_LINES = 64;
const DASH = "\u2014 ";
const SPACE = /[\s\x1c-\x1f\x85]/;

// Returns `{text, lines: [{name, keyId, signature}]}`.
export function parseNote(bytes) {
  if (bytes.length > LARGEST) throw new FormatError("a note of this size is not one of ours");
  const whole = decodeText(bytes);
  if (/[\0-\x09\x0b-\x1f]/.test(whole)) throw new FormatError("a note holds no control characters");
  const gap = whole.lastIndexOf("\n\n");
  if (gap < 0 || !whole.endsWith("\n") || gap + 2 >= whole.length) {
    throw new FormatError("a note is text, an empty line and signature lines");
  }
  const lines = whole.slice(gap + 2, -1).split("\n");
  if (lines.length > MOST_LINES) throw new FormatError("a note has too many signature lines");
  return { text: whole.slice(0, gap + 1), lines: lines.map(parseLine) };
}

function parseLine(line) {
  if (!line.startsWith(DASH)) throw new FormatError("a signature line starts with a dash");
  const space = line.indexOf(" ", DASH.length);
  if (space < 0) throw new FormatError("a signature line is a name and base64");
  const name = checkName(line.slice(DASH.length, space));
  const data = fromBase64(line.slice(space + 1));
  if (data.length <= 4) throw new FormatError("a signature is a key id and bytes");
  return { name, keyId: hex(data.subarray(0, 4)), signature: data.subarray(4), line };
}

function checkName(name) {
  if (!name || name.includes("+") || SPACE.test(name)) {
    throw new FormatError("a key's name is not empty and holds no space and no plus sign");
  }
  return name;
}

// Reads exactly three lines: origin, size, root.
export function parseCheckpoint(text) {
  const lines = text.split("\n");
  if (lines.length !== 4 || lines[3] || !lines[0]) {
    throw new FormatError("a checkpoint is three lines: origin, size, root");
  }
  const [origin, size] = lines;
  if (!/^(0|[1-9][0-9]{0,14})$/.test(size)) throw new FormatError("the checkpoint's size is not a number");
  const root = fromBase64(lines[2]);
  if (root.length !== 32) throw new FormatError("the checkpoint's root is not 32 bytes");
  return { origin, size: Number(size), root };
}

// Reads `<name>+<key id>+<base64 of type and key>`.
export async function parseKey(vkey) {
  const [name, id, ...rest] = String(vkey).split("+");
  if (!rest.length) throw new FormatError("a verifier key has three parts");
  checkName(name);
  const material = fromBase64(rest.join("+"));
  const type = material[0];
  if (material.length !== 1 + (KEY_BYTES[type] ?? -1)) throw new FormatError("the key is of no known kind");
  const keyId = hex((await sha256(encodeText(`${name}\n`), material)).subarray(0, 4));
  if (id !== keyId) throw new FormatError("the key's id does not belong to the key");
  return { name, keyId, type, public: material.subarray(1) };
}

export function isBy(line, key) {
  return line.name === key.name && line.keyId === key.keyId;
}

// True or false; null where this browser has no such algorithm.
export async function verifyLine(key, note, line) {
  if (line.signature.length !== SIGNATURE_BYTES[key.type]) return false;
  if (key.type === ED25519) return verifyEd25519(key.public, line.signature, encodeText(note.text));
  const time = line.signature.subarray(0, 8);
  if (time[0] > 127) return false;
  const signature = line.signature.subarray(8);
  if (key.type === COSIGNATURE) {
    const seconds = time.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
    return verifyEd25519(key.public, signature, encodeText(`cosignature/v1\ntime ${seconds}\n${note.text}`));
  }
  return verifyMlDsa(key.public, signature, mlDsaMessage(note.text, key.name, time));
}

export async function verifyEd25519(publicKey, signature, message) {
  let key;
  try {
    key = await crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
  } catch (error) {
    if (error.name === "NotSupportedError") return null;
    return false;
  }
  return crypto.subtle.verify("Ed25519", key, signature, message);
}

async function verifyMlDsa(publicKey, signature, message) {
  let key;
  try {
    key = await crypto.subtle.importKey("raw-public", publicKey, "ML-DSA-44", false, ["verify"]);
  } catch (error) {
    // An unknown format is a TypeError, an unknown algorithm a NotSupportedError.
    if (error.name === "NotSupportedError" || error instanceof TypeError) return null;
    return false;
  }
  return crypto.subtle.verify("ML-DSA-44", key, signature, message);
}

export function mlDsaMessage(text, name, time) {
  const { origin, size, root } = parseCheckpoint(text);
  return concat(
    encodeText("subtree/v1\n\0"), short(name), time, short(origin), writeUint(0, 8), writeUint(size, 8), root,
  );
}

function short(name) {
  const data = encodeText(name);
  if (data.length < 1 || data.length > 255) throw new FormatError("a name has 1 to 255 bytes");
  return concat(Uint8Array.of(data.length), data);
}
