// Headings of tables become buttons that sort: ascending, descending, and back to the order of the report.
(() => {
  const following = { none: "ascending", ascending: "descending", descending: "none" };
  const letters = new Intl.Collator(undefined, { numeric: true });

  // The number that a cell stands for, or that its text begins with; NaN where there is none.
  const number = (cell) => {
    if (cell.dataset.order) return Number(cell.dataset.order);
    const found = cell.textContent.replaceAll("\u2212", "-").replaceAll(",", "").match(/[-+]?\d*\.?\d+/);
    return found ? Number(found[0]) : NaN;
  };

  // Rows in the order of one column; those without a value stay at the end, equal ones as they were.
  const sorted = (rows, column, numeric, sign) => {
    const read = (row) => (numeric ? number(row.cells[column]) : row.cells[column].textContent);
    const empty = (value) => (numeric ? Number.isNaN(value) : value === "\u2013");
    const keyed = rows.map((row) => [read(row), row]);
    keyed.sort(([a], [b]) => {
      if (empty(a) || empty(b)) return Number(empty(a)) - Number(empty(b));
      return sign * (numeric ? a - b : letters.compare(a, b));
    });
    return keyed.map(([, row]) => row);
  };

  const enhance = (table) => {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    if (rows.length < 2) return;
    const headings = [...table.tHead.rows[0].cells];
    headings.forEach((heading, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...heading.childNodes);
      heading.append(button);
      button.addEventListener("click", () => {
        const way = following[heading.getAttribute("aria-sort") ?? "none"];
        headings.forEach((other) => other.removeAttribute("aria-sort"));
        if (way === "none") {
          body.append(...rows);
          return;
        }
        heading.setAttribute("aria-sort", way);
        const numeric = heading.classList.contains("n");
        body.append(...sorted(rows, column, numeric, way === "ascending" ? 1 : -1));
      });
    });
  };

  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("table").forEach(enhance));
})();
