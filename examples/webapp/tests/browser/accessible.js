// What is wrong with this page, a line each: the rules of WCAG 2.2 AA that a program can look at.
const wrong = [];
const visible = (element) => element.checkVisibility() && element.getClientRects().length > 0;

if (!document.documentElement.lang) wrong.push("no language");
if (!document.title) wrong.push("no title");

let level = 0;
for (const heading of document.querySelectorAll("main :is(h1,h2,h3,h4,h5,h6), body > :is(h1,h2,h3)")) {
  const own = Number(heading.tagName[1]);
  // What is wrong with a form stands before its title.
  if (heading.closest("[role=alert]")) continue;
  if (level === 0 && own !== 1) wrong.push("the page begins with no h1: " + heading.textContent);
  if (level > 0 && own > level + 1) wrong.push("skips a level: " + heading.textContent);
  level = own;
}
if (document.querySelectorAll("h1").length !== 1) wrong.push("not exactly one h1");

const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
for (const id of ids) {
  if (ids.indexOf(id) !== ids.lastIndexOf(id)) wrong.push("twice: " + id);
}

for (const input of document.querySelectorAll("input, select, textarea")) {
  if (!input.labels.length || !input.labels[0].textContent.trim()) wrong.push("no label: " + input.id);
  const described = (input.getAttribute("aria-describedby") || "").split(" ").filter(Boolean);
  for (const id of described) {
    if (!document.getElementById(id)) wrong.push("described by nothing: " + input.id);
  }
  if (input.getAttribute("aria-invalid") && !described.some((id) => id.endsWith("-error"))) {
    wrong.push("does not say why it is wrong: " + input.id);
  }
}
for (const one of document.querySelectorAll("a, button")) {
  if (!one.textContent.trim()) wrong.push("nothing to read: " + one.outerHTML);
  if (one.tabIndex > 0) wrong.push("out of its order: " + one.outerHTML);
}
for (const cell of document.querySelectorAll("th")) {
  if (!cell.scope) wrong.push("no scope: " + cell.textContent);
}

// The contrast of all text with what is behind it.
const parts = (colour) => {
  const numbers = colour.match(/[\d.]+/g).map(Number);
  return { rgb: numbers.slice(0, 3), alpha: numbers.length > 3 ? numbers[3] : 1 };
};
const light = ([r, g, b]) => {
  const [x, y, z] = [r, g, b].map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
};
const behind = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const { rgb, alpha } = parts(getComputedStyle(at).backgroundColor);
    if (alpha === 1) return rgb;
  }
  return [255, 255, 255];
};
const contrast = (element, colour) => {
  const [one, other] = [light(parts(colour).rgb), light(behind(element))].sort((a, b) => b - a);
  return (one + 0.05) / (other + 0.05);
};
for (const element of document.body.querySelectorAll("*")) {
  const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  if (!(own || element.matches("input")) || !visible(element)) continue;
  const style = getComputedStyle(element);
  const found = contrast(element, style.color);
  if (found < 4.5) wrong.push("contrast " + found.toFixed(2) + ": " + element.textContent.trim().slice(0, 40));
  if (element.matches("input")) {
    const edge = contrast(element.parentElement, style.borderTopColor);
    if (edge < 3) wrong.push("contrast of an edge " + edge.toFixed(2) + ": " + element.id);
  }
}

// Nothing is to be scrolled sideways.
if (document.documentElement.scrollWidth > innerWidth) wrong.push("wider than the window");
return wrong;
