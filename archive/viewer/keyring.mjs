// The keyring: which keys speak for the log, signed by the offline root keys.
// Source: DSSE v1 (envelope and pre-authentication encoding).

import { FormatError, concat, decodeText, encodeText, fromBase64, hex, sha256 } from "./bytes.mjs";
import { hasKeys, readJson, writeJson } from "./json.mjs";
import { parseKey, verifyEd25519 } from "./note.mjs";

const TYPE = "application/vnd.orderproof.keyring+json";
const LARGEST = 1 << 20;
const MOST = 1000;
const FIELDS = ["authorities", "keyring", "keys", "orderproof", "origin", "previous", "roots", "witnesses"];

// Reads an envelope strictly. Nothing is verified yet.
export async function parseKeyring(bytes) {
  if (bytes.length > LARGEST || bytes.at(-1) !== 10) throw new FormatError("is no keyring");
  const envelope = readJson(bytes.subarray(0, -1), { sorted: true });
  if (!hasKeys(envelope, ["payload", "payloadType", "signatures"]) || envelope.payloadType !== TYPE) {
    throw new FormatError("is no signed keyring");
  }
  const payload = fromBase64(text(envelope.payload));
  const said = readJson(payload, { sorted: true });
  if (!hasKeys(said, FIELDS) || said.orderproof !== 1) throw new FormatError("its fields are not a keyring's");
  number(said.keyring, 1);
  text(said.origin);
  const roots = await readRoots(said.roots);
  const keys = [];
  for (const entry of list(said.keys)) {
    const key = await parseKey(text(entry.vkey));
    if (key.name !== said.origin) throw new FormatError("a key in it has another name than the log");
    const upTo = entry.to_size === null ? Infinity : number(entry.to_size, 0);
    keys.push({ ...key, from: number(entry.from_size, 0), upTo, status: text(entry.status) });
  }
  const witnesses = [];
  for (const vkey of list(said.witnesses?.keys)) witnesses.push(await parseKey(text(vkey)));
  return {
    payload,
    signatures: list(envelope.signatures).map((one) => ({ keyid: text(one?.keyid), sig: fromBase64(text(one?.sig)) })),
    number: said.keyring,
    origin: said.origin,
    previous: said.previous,
    roots,
    keys,
    witnesses,
    digest: hex(await sha256(bytes)),
    // What people compare with one that they got another way.
    fingerprint: hex(await sha256(encodeText(writeJson(said.roots)))),
  };
}

async function readRoots(said) {
  const keys = list(said?.keys).map((one) => ({ keyid: text(one?.keyid), public: fromBase64(text(one?.public)) }));
  const threshold = number(said?.threshold, 1);
  const distinct = new Set(keys.map((key) => hex(key.public)));
  if (distinct.size !== keys.length || threshold > keys.length) throw new FormatError("its roots do not fit its threshold");
  return { keys, threshold };
}

// How many of these roots signed: `{signed, supported}`.
export async function countSignatures(keyring, roots) {
  const length = keyring.payload.length;
  const message = concat(encodeText(`DSSEv1 ${TYPE.length} ${TYPE} ${length} `), keyring.payload);
  let signed = 0;
  for (const root of roots.keys) {
    const own = keyring.signatures.filter((one) => one.keyid === root.keyid);
    const results = [];
    for (const one of own) results.push(await verifyEd25519(root.public, one.sig, message));
    if (results.includes(null)) return { signed: 0, supported: false };
    if (results.length && results.every(Boolean)) signed += 1;
  }
  return { signed, supported: true };
}

// Checks a keyring by its own roots, and by those of the keyring before it as far back as
// `before(number)` knows them. Returns what is wrong, or nothing.
export async function distrust(keyring, before) {
  let newer = keyring;
  for (let seen = 0; seen < MOST; seen += 1) {
    const own = await countSignatures(newer, newer.roots);
    if (!own.supported) return null;
    if (own.signed < newer.roots.threshold) return `keyring ${newer.number} is not signed by enough of its roots`;
    if (newer.number === 1) return newer.previous === null ? "" : "the first keyring names one before it";
    const bytes = await before(newer.number - 1);
    if (bytes === null) return "";
    const older = await parseKeyring(bytes);
    if (older.digest !== newer.previous || older.number !== newer.number - 1) {
      return `keyring ${newer.number} does not follow from keyring ${newer.number - 1}`;
    }
    if ((await countSignatures(newer, older.roots)).signed < older.roots.threshold) {
      return `keyring ${newer.number} is not signed by enough roots of the one before`;
    }
    newer = older;
  }
  return "has too many keyrings before it";
}

function text(value) {
  if (typeof value !== "string") throw new FormatError("a field of the keyring that must be text is not");
  return value;
}

function number(value, least) {
  if (!Number.isSafeInteger(value) || value < least) throw new FormatError("a number in the keyring is none");
  return value;
}

function list(value) {
  if (!Array.isArray(value) || value.length > MOST) throw new FormatError("a list in the keyring is none");
  return value;
}
