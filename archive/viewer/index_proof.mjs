// The proof that the log's key wrote an index: the event of the run that names its digest.

import { FormatError, encodeText, hex, sha256 } from "./bytes.mjs";
import { readLine, readProof } from "./history.mjs";
import { writeJson } from "./json.mjs";
import { includes, leafOf } from "./merkle.mjs";
import { parseCheckpoint, parseNote } from "./note.mjs";

// Returns the signed note that the event is proved against, and what it says; null without a proof.
export async function checkIndexProof(root, accuse) {
  const { keyring: _, stored, ...covered } = root;
  if (stored === null) {
    accuse("the index has no proof: the run that wrote it is not finished", "incomplete");
    return null;
  }
  for (const name of ["line", "proof", "tag"]) {
    if (typeof stored[name] !== "string") throw new FormatError("the proof of the index is not text");
  }
  const bytes = encodeText(stored.line);
  const event = readLine(bytes);
  if (event.stream !== "system/archive" || event.type !== "archive.stored" || event.source !== "orderproof") {
    accuse("the proof of the index is another event");
  }
  if (event.data.index_sha256 !== hex(await sha256(encodeText(writeJson(covered))))) {
    accuse("the index is not the one that the run recorded");
  }
  const proof = readProof(encodeText(stored.proof));
  const note = parseNote(proof.note);
  const said = parseCheckpoint(note.text);
  const leaf = await leafOf(stored.tag, event.version, await sha256(bytes));
  if (!(await includes(leaf, proof.index, said.size, proof.path, said.root))) {
    accuse(`the event of the index is not in the log of size ${said.size}`);
  }
  return { note, said };
}
