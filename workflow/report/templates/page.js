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
// What is folded away on a screen belongs on paper.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(each => { each.open = true; }));
