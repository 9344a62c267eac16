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
// What is folded away on a screen belongs on paper.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(each => { each.open = true; }));
