// Reading values out of an event's data, which may hold anything. As `domain.reading`,
// `domain.time`, `domain.calendar` and `domain.money` do it.

import { RULES } from "./rules.mjs";

const DAY = 86_400_000_000n;
const FIRST_DAY = -719_162; // 0001-01-01, counted from 1970-01-01
const LAST_DAY = 2_932_896; // 9999-12-31
const TIME = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;
const BLANK = /^[\s\x1c-\x1f\x85]*$/;

// A text, an integer as its digits, or null.
export function readText(value) {
  if (typeof value === "string") return BLANK.test(value) ? null : value;
  return typeof value === "number" ? String(value) : null;
}

// An amount in minor units, or null.
export function readAmount(value) {
  return typeof value === "number" && value >= 0 ? value : null;
}

export function firstOf(values, read = (value) => value ?? null) {
  for (const value of values) {
    const found = read(value);
    if (found !== null) return found;
  }
  return null;
}

export const firstText = (values) => firstOf(values, readText);
export const firstAmount = (values) => firstOf(values, readAmount);

function folded(text) {
  return text.toUpperCase().toLowerCase().replaceAll("ς", "σ");
}

// A name for comparing: letters and digits only, without regard to case.
export function nameKey(name) {
  return name ? folded(name).replace(/[^\p{L}\p{N}]/gu, "") : "";
}

export function nameWords(name) {
  return name ? folded(name).split(/[^\p{L}\p{N}]+/u).filter(Boolean) : [];
}

// Whether a name holds another one as whole words.
export function holdsName(longer, key) {
  const words = nameWords(longer);
  return words.some((_, start) => words.some((__, end) => words.slice(start, end + 1).join("") === key));
}

export function sameText(one, other) {
  return one === null || other === null || folded(one) === folded(other);
}

// --- time: instants are BigInt microseconds since 1970, days are numbers since 1970-01-01

function dayNumber(year, month, day) {
  if (year < 1 || month < 1 || month > 12 || day < 1) return null;
  const lengths = [31, year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  if (day > lengths[month - 1]) return null;
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const ofEra = shifted - era * 400;
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468;
}

export function isoDay(day) {
  if (day === null) return null;
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const ofEra = shifted - era * 146_097;
  const yearOfEra = Math.floor((ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365);
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const part = Math.floor((5 * ofYear + 2) / 153);
  const month = part < 10 ? part + 3 : part - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const date = ofYear - Math.floor((153 * part + 2) / 5) + 1;
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(date).padStart(2, "0")}`;
}

// An RFC 3339 time as an instant, or null.
export function readInstant(value) {
  const match = typeof value === "string" ? TIME.exec(value) : null;
  if (!match) return null;
  const [year, month, date, hours, minutes] = match.slice(1, 6).map(Number);
  let seconds = Number(match[6]);
  let micros = match[7] ? Number(match[7].slice(0, 6).padEnd(6, "0")) : 0;
  const day = dayNumber(year, month, date);
  if (day === null || hours > 23 || minutes > 59 || seconds > 60) return null;
  if (seconds === 60) [seconds, micros] = [59, 999_999];
  let offset = 0;
  if (match[8]) {
    const [offHours, offMinutes] = [Number(match[9]), Number(match[10])];
    if (offHours > 23 || offMinutes > 59) return null;
    offset = (offHours * 60 + offMinutes) * (match[8] === "-" ? -1 : 1);
  }
  const inDay = ((hours * 60 + minutes - offset) * 60 + seconds) * 1_000_000 + micros;
  return BigInt(day) * DAY + BigInt(inDay);
}

// A date, or the UTC day of a time, or null.
export function readDay(value) {
  const match = typeof value === "string" ? /^(\d{4})-(\d\d)-(\d\d)$/.exec(value) : null;
  if (match) return dayNumber(Number(match[1]), Number(match[2]), Number(match[3]));
  const at = readInstant(value);
  return at === null ? null : utcDay(at);
}

// A time; of a bare date its first or its last microsecond in UTC.
export function readStart(value) {
  const at = readInstant(value);
  if (at !== null) return at;
  const day = readDay(value);
  return day === null ? null : BigInt(day) * DAY;
}

export function readEnd(value) {
  const at = readInstant(value);
  if (at !== null) return at;
  const day = readDay(value);
  return day === null ? null : BigInt(day + 1) * DAY - 1n;
}

export function utcDay(at) {
  let day = Number(at / DAY);
  if (at % DAY < 0n) day -= 1;
  return Math.min(Math.max(day, FIRST_DAY), LAST_DAY);
}

export function addDays(day, count) {
  return Math.min(day + count, LAST_DAY);
}

// The day `count` weekdays later; a weekend counts from its Friday.
export function addWeekdays(day, count) {
  if (count <= 0) return day;
  const weekday = (((day + 3) % 7) + 7) % 7; // Monday is 0
  const pastFriday = Math.max(weekday - 4, 0);
  const rest = count % 5;
  const over = weekday - pastFriday + rest > 4 ? 2 : 0;
  return Math.min(day - pastFriday + Math.floor(count / 5) * 7 + rest + over, LAST_DAY);
}

// --- money

export function exponent(currency) {
  return RULES.exponents[(currency ?? "").toUpperCase()] ?? 2;
}

// `EUR 1,342.50`, with a no-break space on the page and a plain one where texts are compared.
export function formatMoney(amount, currency, space = " ") {
  const digits = exponent(currency);
  const text = String(Math.abs(amount)).padStart(digits + 1, "0");
  const units = text.slice(0, text.length - digits).replace(/\B(?=(\d{3})+$)/g, ",");
  const number = digits ? `${units}.${text.slice(-digits)}` : units;
  return `${(currency ?? "").toUpperCase()}${space}${amount < 0 ? "\u2212" : ""}${number}`.replace(/^\s+/, "");
}

// Foreign text for a sentence: one line, no control or direction marks, not too long.
export function plain(text) {
  const letters = Array.from(text, (letter) => (letter === " " || !/[\p{C}\p{Z}]/u.test(letter) ? letter : "\ufffd"));
  return letters.length <= 80 ? letters.join("") : `${letters.slice(0, 80).join("")}…`;
}
