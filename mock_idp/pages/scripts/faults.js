"use strict";
// Without this script the list is complete, and the browser's own search finds what is in it.
(() => {
  const line = document.getElementById("search-faults");
  const search = document.getElementById("search");
  const faults = [...document.querySelectorAll(".fault")];
  line.hidden = false;
  search.addEventListener("input", () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const fault of faults) {
      const isTicked = fault.querySelector("[name=fault]").checked;
      fault.hidden = !isTicked && !words.every(word => fault.dataset.text.includes(word));
      found += fault.hidden ? 0 : 1;
    }
    line.querySelector("[role=status]").textContent = `${found} of ${faults.length}`;
  });
  search.addEventListener("keydown", event => { if (event.key === "Enter") event.preventDefault(); });
})();
