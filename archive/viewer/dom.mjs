// Making elements. Foreign text only ever becomes text: nothing here reads markup.

const SVG = "http://www.w3.org/2000/svg";
const CIRCLE = "M8 1.4a6.6 6.6 0 1 1 0 13.2a6.6 6.6 0 1 1 0-13.2";

// 16 px, 1.75 px stroke. The word beside it says the same.
const ICONS = {
  tick: [CIRCLE, "M5.2 8.2l2 2l3.7-4"],
  clock: [CIRCLE, "M8 4.4v3.8l2.4 1.5"],
  triangle: ["M8 1.9l6.6 11.8H1.4z", "M8 6.2v3.4", "M8 11.6v.2"],
  octagon: ["M5.3 1.5h5.4l3.8 3.8v5.4l-3.8 3.8H5.3L1.5 10.7V5.3z", "M5.9 5.9l4.2 4.2", "M10.1 5.9l-4.2 4.2"],
  question: [CIRCLE, "M6 6.3a2 2 0 1 1 2.9 1.8c-.6.3-.9.6-.9 1.3", "M8 11.3v.2"],
  missing: [CIRCLE],
  dash: ["M3 8h10"],
  file: ["M3.5 1.5h6l3 3v10h-9z", "M9.5 1.5v3h3"],
};
const DASHED = new Set(["question", "missing"]);

// `element("p", {class: "note"}, "text", otherElement)`; children that are null are left out.
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return made;
}

export function icon(name) {
  const drawing = document.createElementNS(SVG, "svg");
  const attributes = { viewBox: "0 0 16 16", "aria-hidden": "true", focusable: "false", class: `icon ${name}` };
  for (const [key, value] of Object.entries(attributes)) drawing.setAttribute(key, value);
  if (name === "dot") {
    const dot = document.createElementNS(SVG, "circle");
    for (const [key, value] of [["cx", 8], ["cy", 8], ["r", 4.5], ["class", "filled"]]) dot.setAttribute(key, value);
    drawing.append(dot);
    return drawing;
  }
  for (const [place, line] of ICONS[name].entries()) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", line);
    if (place === 0 && DASHED.has(name)) path.setAttribute("class", "dashed");
    drawing.append(path);
  }
  return drawing;
}

// Long references in groups of four, selected in one click and copied without the gaps.
export function grouped(text, size = 4) {
  const letters = Array.from(text);
  const groups = [];
  for (let place = 0; place < letters.length; place += size) {
    groups.push(element("span", { class: "group" }, letters.slice(place, place + size).join("")));
  }
  return element("span", { class: "grouped mono" }, groups);
}
