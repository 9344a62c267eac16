"use strict";
for (const button of document.querySelectorAll("th button")) {
  button.addEventListener("click", () => {
    const header = button.closest("th");
    const body = header.closest("table").tBodies[0];
    const descending = header.getAttribute("aria-sort") === "ascending";
    for (const other of header.parentNode.cells) other.setAttribute("aria-sort", "none");
    header.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const cell = row => row.cells[header.cellIndex];
    // What has no number stands behind what has one, whichever way the column is sorted.
    const none = row => Number(!("order" in cell(row).dataset));
    const compare = (a, b) => none(a)
      ? cell(a).textContent.localeCompare(cell(b).textContent)
      : cell(a).dataset.order - cell(b).dataset.order;
    const rows = [...body.rows].sort((a, b) => none(a) - none(b) || (descending ? compare(b, a) : compare(a, b)));
    body.append(...rows);
  });
}
// A box that holds more than it shows says so, and fades to the right as long as there is more.
const mark = box => {
  const rest = box.scrollWidth - box.clientWidth;
  box.classList.toggle("wide", rest > 1);
  box.classList.toggle("more", rest - box.scrollLeft > 1);
};
const watch = new ResizeObserver(entries => entries.forEach(({ target }) => mark(target.closest(".scroll"))));
for (const box of document.querySelectorAll(".scroll")) {
  box.addEventListener("scroll", () => mark(box), { passive: true });
  watch.observe(box);
  watch.observe(box.firstElementChild);
}
// Values of figures: of the points nearest to the pointer, and from point to point with the arrow keys.
const UNIT = 1e4, REACH = 24, SAME = 3, MOST = 6; // of positions (values.py); px, px, lines
const label = document.createElement("output");
const ring = document.createElement("div");
label.className = "values";
label.setAttribute("role", "status");
ring.className = "ring";
const hide = () => { label.hidden = ring.hidden = true; };
hide();
document.body.append(ring, label);
const show = (image, points) => {
  const { left, top, width, height } = image.getBoundingClientRect();
  const [x, y] = [left + scrollX + points[0].x * width, top + scrollY + points[0].y * height];
  label.replaceChildren(...points.slice(0, MOST).map(({ text }) => {
    const line = document.createElement("div");
    line.textContent = text;
    return line;
  }));
  label.hidden = ring.hidden = false;
  Object.assign(ring.style, { left: `${x}px`, top: `${y}px` });
  const most = scrollX + document.documentElement.clientWidth - label.offsetWidth - 4;
  const above = y - label.offsetHeight - 12;
  Object.assign(label.style, {
    left: `${Math.max(scrollX + 4, Math.min(x + 12, most))}px`,
    top: `${above > scrollY ? above : y + 12}px`,
  });
};
const named = (axis, value) => (axis && value ? `${axis}: ${value}` : value); // categories need no name
for (const data of document.querySelectorAll("figure > script")) {
  const box = data.parentNode.querySelector(".scroll"), image = box.querySelector("img");
  const points = JSON.parse(data.textContent).flatMap(panel => panel.series.flatMap(([name, places]) =>
    places.map(([x, y, across, along, colour]) => ({
      x: x / UNIT,
      y: y / UNIT,
      curve: `${panel.title} · ${name}`,
      text: [panel.title, name, named(panel.x, across), named(panel.y, along), named("colour", colour)]
        .filter(Boolean).join(" · "),
    }))));
  const from = (x, y) => {
    const { width, height } = image.getBoundingClientRect();
    return points.map(point => [Math.hypot(point.x * width - x, point.y * height - y), point]).sort((a, b) => a[0] - b[0]);
  };
  const point = event => {
    const { left, top } = image.getBoundingClientRect();
    const near = from(event.clientX - left, event.clientY - top);
    if (!near.length || near[0][0] > REACH) return hide();
    const curves = new Map(); // the nearest point of each
    for (const [distance, each] of near) {
      if (distance > near[0][0] + SAME) break;
      if (!curves.has(each.curve)) curves.set(each.curve, each);
    }
    show(image, [...curves.values()]);
  };
  box.addEventListener("pointermove", point);
  box.addEventListener("pointerdown", point);
  box.addEventListener("pointerleave", hide);
  box.addEventListener("blur", hide);
  let at = -1;
  box.addEventListener("keydown", event => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.key === "Escape") hide();
    if (!step || !points.length) return;
    event.preventDefault();
    at = (at + step + points.length) % points.length;
    box.scrollLeft = points[at].x * image.clientWidth - box.clientWidth / 2;
    show(image, [points[at]]);
  });
}
// What is folded away on a screen belongs on paper.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(each => { each.open = true; }));
