// The events of some files, read at once and not checked yet: what the page shows while it checks.

import { FormatError } from "./bytes.mjs";
import { parseHistory, positionsOf, readLine } from "./history.mjs";
import { gunzip } from "./inflate.mjs";

const LARGEST = 128 << 20;

// `{stream, lines}`, or null where nothing can be read. What cannot be read is left to the checks.
export function readEvents(files) {
  const parts = [];
  for (const { data, note } of files) {
    try {
      const { text } = gunzip(data, LARGEST);
      parts.push(parseHistory(note ? joined(text, note) : text));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  }
  if (!parts.length) return null;
  parts.sort((one, other) => one.header.revision - other.header.revision);
  const lines = [];
  for (const { header, lines: own } of parts) {
    const positions = positionsOf(header);
    own.forEach((bytes, place) => {
      lines.push({ position: positions[place], version: header.first_version + place, bytes, hash: "", event: eventOf(bytes) });
    });
  }
  return { stream: parts[0].stream, lines };
}

function eventOf(bytes) {
  try {
    return readLine(bytes);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return null;
  }
}

export function joined(text, note) {
  const whole = new Uint8Array(text.length + note.length);
  whole.set(text);
  whole.set(note, text.length);
  return whole;
}
