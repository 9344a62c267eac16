"use strict";
for (const button of document.querySelectorAll("th button")) {
  button.addEventListener("click", () => {
    const header = button.closest("th");
    const body = header.closest("table").tBodies[0];
    const descending = header.getAttribute("aria-sort") === "ascending";
    for (const other of header.parentNode.cells) other.setAttribute("aria-sort", "none");
    header.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const key = row => row.cells[header.cellIndex].dataset.order ?? row.cells[header.cellIndex].textContent;
    const compare = (a, b) => {
      const [x, y] = [key(a), key(b)];
      const numbers = [x, y].map(Number);
      return numbers.some(Number.isNaN) ? x.localeCompare(y) : numbers[0] - numbers[1];
    };
    const empty = row => Number(key(row) === "–");
    const rows = [...body.rows].sort((a, b) => empty(a) - empty(b) || (descending ? compare(b, a) : compare(a, b)));
    body.append(...rows);
  });
}
// What is folded away on a screen belongs on paper.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(each => { each.open = true; }));
