// A click on a heading sorts its table; the second click turns it round.
for (const head of document.querySelectorAll("table.sortable thead th")) {
  const button = document.createElement("button");
  button.append(...head.childNodes);
  head.append(button);
  button.addEventListener("click", () => {
    const body = head.closest("table").tBodies[0];
    const up = head.getAttribute("aria-sort") !== "ascending";
    for (const other of head.parentNode.children) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const key = (row) => row.cells[head.cellIndex].dataset.sort ?? row.cells[head.cellIndex].textContent.trim();
    const order = (a, b) => key(a).localeCompare(key(b), undefined, { numeric: true });
    const number = (a, b) => Number(key(a)) - Number(key(b));
    const numeric = [...body.rows].every((row) => "sort" in row.cells[head.cellIndex].dataset);
    body.append(...[...body.rows].sort((a, b) => (up ? 1 : -1) * (numeric ? number : order)(a, b)));
  });
}
// On paper nothing is folded away.
window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((d) => (d.open = true)));
