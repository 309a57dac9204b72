// Reading JSON that must stand in one form: no space, no float, no key twice, escapes as written by
// the archive. What is read is what is there, so nothing needs to be encoded again to compare.
// Source: RFC 8785, for values without floats whose object keys are ASCII.

import { FormatError, decodeText } from "./bytes.mjs";

const DEEPEST = 400;
const ESCAPES = { '"': '"', "\\": "\\", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const LONGEST_INTEGER = 4300;

// Objects have no prototype, so that no key is anything but a key. Integers beyond 2^53 are BigInts.
export function readJson(bytes, { sorted }) {
  const reader = new Reader(decodeText(bytes), sorted);
  const value = reader.value(0);
  if (reader.place !== reader.text.length) throw reader.wrong("more behind its end");
  return value;
}

class Reader {
  constructor(text, sorted) {
    this.text = text;
    this.sorted = sorted;
    this.place = 0;
  }

  wrong(what) {
    return new FormatError(`is not JSON in the archive's form: ${what} at character ${this.place}`);
  }

  value(depth) {
    if (depth > DEEPEST) throw this.wrong("too deep");
    const { text, place } = this;
    const letter = text[place];
    if (letter === "{") return this.object(depth);
    if (letter === "[") return this.list(depth);
    if (letter === '"') return this.string();
    for (const [word, value] of [["true", true], ["false", false], ["null", null]]) {
      if (text.startsWith(word, place)) {
        this.place += word.length;
        return value;
      }
    }
    return this.integer();
  }

  expect(letter) {
    if (this.text[this.place] !== letter) throw this.wrong(`no ${letter}`);
    this.place += 1;
  }

  object(depth) {
    const found = Object.create(null);
    this.place += 1;
    if (this.text[this.place] === "}") {
      this.place += 1;
      return found;
    }
    let before;
    for (;;) {
      if (this.text[this.place] !== '"') throw this.wrong("no key");
      const key = this.string();
      if (key in found) throw this.wrong("a key twice");
      if (this.sorted && before !== undefined && !(before < key)) throw this.wrong("keys out of order");
      this.expect(":");
      found[key] = this.value(depth + 1);
      before = key;
      if (this.text[this.place] !== ",") break;
      this.place += 1;
    }
    this.expect("}");
    return found;
  }

  list(depth) {
    const found = [];
    this.place += 1;
    if (this.text[this.place] === "]") {
      this.place += 1;
      return found;
    }
    for (;;) {
      found.push(this.value(depth + 1));
      if (this.text[this.place] !== ",") break;
      this.place += 1;
    }
    this.expect("]");
    return found;
  }

  string() {
    const pieces = [];
    let start = this.place + 1;
    for (let place = start; ; place += 1) {
      const code = this.text.charCodeAt(place);
      if (code === 0x22) {
        pieces.push(this.text.slice(start, place));
        this.place = place + 1;
        return pieces.join("");
      }
      if (code === 0x5c) {
        pieces.push(this.text.slice(start, place));
        const [value, length] = this.escape(place);
        pieces.push(value);
        place += length - 1;
        start = place + 1;
      } else if (!(code >= 0x20)) {
        this.place = place;
        throw this.wrong("a string that does not end");
      }
    }
  }

  escape(place) {
    this.place = place;
    const short = this.text[place + 1];
    if (short in ESCAPES) return [ESCAPES[short], 2];
    const match = /^\\u00([01][0-9a-f])/.exec(this.text.slice(place, place + 6));
    const value = match ? String.fromCharCode(parseInt(match[1], 16)) : "";
    if (!match || "\b\f\n\r\t".includes(value)) throw this.wrong("an escape that the archive does not write");
    return [value, 6];
  }

  integer() {
    const pattern = /-?(0|[1-9][0-9]*)/y;
    pattern.lastIndex = this.place;
    const match = pattern.exec(this.text);
    if (!match || match[0] === "-0" || match[0].length > LONGEST_INTEGER) throw this.wrong("no value");
    this.place += match[0].length;
    const value = Number(match[0]);
    return String(value) === match[0] && Math.abs(value) <= 2 ** 53 ? value : BigInt(match[0]);
  }
}

// Canonical JSON of texts, safe integers, lists and plain objects: to hash what was read.
export function writeJson(value) {
  if (Array.isArray(value)) return `[${value.map(writeJson).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const keys = Object.keys(value).sort();
    return `{${keys.map((key) => `${JSON.stringify(key)}:${writeJson(value[key])}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

export function isObject(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

// Whether an object has exactly these keys.
export function hasKeys(value, keys) {
  return isObject(value) && Object.keys(value).length === keys.length && keys.every((key) => key in value);
}
