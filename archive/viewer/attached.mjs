// What was attached to the order: sealed files, of which the page shows the digests and no more.

import { element } from "./dom.mjs";
import { plain, readText } from "./reading.mjs";
import { say } from "./texts.mjs";

const DIGEST = /^[0-9a-f]{64}$/;

// `[{kind, mediaType, size, sha256, sealed, version}]`, in the order of the lines.
export function attachedIn(lines) {
  return lines
    .filter(({ event }) => event?.type === "evidence.attached" && event.source === "orderproof")
    .map(({ event, version }) => ({
      kind: readText(event.data.kind) ?? "other",
      mediaType: readText(event.data.media_type) ?? "",
      size: Number.isSafeInteger(event.data.size) ? event.data.size : null,
      sha256: digest(event.data.sha256),
      sealed: digest(event.data.sealed_sha256),
      version,
    }));
}

// Where the archive keeps a sealed file; null for a file that is kept elsewhere.
export function placeOf({ sealed }) {
  return sealed === null ? null : `evidence/${sealed.slice(0, 2)}/${sealed}`;
}

function digest(value) {
  return typeof value === "string" && DIGEST.test(value) ? value : null;
}

export function attachments(found, texts, words) {
  return element("ul", { class: "limits" }, found.map((one) => row(one, texts, words)));
}

function row(one, texts, words) {
  const said = [
    Object.hasOwn(texts.kinds, one.kind) ? texts.kinds[one.kind] : plain(one.kind),
    plain(one.mediaType),
    one.size === null ? "" : say(texts.bytes, { size: words.count(one.size) }),
    say(texts.event, { version: one.version }),
  ];
  const where = placeOf(one);
  return element(
    "li", {},
    element("p", {}, said.filter(Boolean).join(" · ")),
    one.sha256 ? element("p", { class: "note" }, texts.digestOfFile, " ", element("span", { class: "mono hash" }, one.sha256)) : null,
    element("p", { class: "note" }, where === null ? texts.elsewhere : [texts.sealedAt, " ", element("span", { class: "mono hash" }, where)]),
  );
}
