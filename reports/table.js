// Sorting and filtering for the tables of a report. Without it the page only loses the buttons.
"use strict";

for (const box of document.querySelectorAll(".table")) {
  const body = box.querySelector("tbody");
  const rows = [...body.rows]; // the order the report was written in
  const headers = [...box.querySelectorAll("th[data-sort]")];

  const valueOf = (row, column) => {
    const cell = row.cells[column];
    if (!headers[column].classList.contains("n")) return cell.textContent;
    return cell.dataset.value === undefined ? null : Number(cell.dataset.value);
  };

  // Rows without a value stay last in both directions; equal rows keep the report's order.
  const sort = (column, direction) => {
    const sorted = direction === "none" ? rows : [...rows].sort((a, b) => {
      const [x, y] = [valueOf(a, column), valueOf(b, column)];
      if (x === null || y === null) return (x === null) - (y === null);
      const order = typeof x === "number" ? x - y : x.localeCompare(y, "en", { numeric: true });
      return direction === "ascending" ? order : -order;
    });
    body.append(...sorted);
  };

  headers.forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    header.append(button);
    header.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => {
      const next = { none: "ascending", ascending: "descending", descending: "none" };
      const direction = next[header.getAttribute("aria-sort")];
      headers.forEach((other) => other.setAttribute("aria-sort", "none"));
      header.setAttribute("aria-sort", direction);
      sort(column, direction);
    });
  });

  const field = box.querySelector(".filter");
  if (!field) continue;
  field.hidden = false;
  const input = field.querySelector("input");
  const count = field.querySelector("output");
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
    const shown = rows.filter((row) => !row.hidden).length;
    count.textContent = words.length ? `${shown} of ${rows.length} rows` : "";
  });
}
