/* A page opened from disk may not fetch its neighbours: the search then shows titles only. */
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}

/* A formula wider than the screen scrolls; then the keyboard has to reach it too. */
function reachWideFormulas() {
  for (const formula of document.querySelectorAll(".bd-article div.math")) {
    if (formula.scrollWidth > formula.clientWidth) formula.tabIndex = 0;
    else formula.removeAttribute("tabindex");
  }
}
window.addEventListener("load", reachWideFormulas);
window.addEventListener("resize", reachWideFormulas);

/* What goes on to the right fades there, until it is scrolled to its end. A box is measured when it
   comes near: to measure all of a long page while it loads keeps a phone busy. */
const WIDE = ".bd-article :is(pre, .cell_output .output, .pst-scrollable-table-container)";
function fade(boxes) {
  const ends = boxes.map((box) => box.scrollWidth - box.clientWidth - box.scrollLeft <= 2);
  boxes.forEach((box, i) => box.classList.toggle("goes-on", !ends[i])); // all read, then all written
}
addEventListener("load", () => {
  const watch = new IntersectionObserver(
    (boxes) => fade(boxes.filter((box) => box.isIntersecting).map((box) => box.target)),
    { rootMargin: "50%" },
  );
  for (const box of document.querySelectorAll(WIDE)) watch.observe(box);
});
addEventListener("resize", () => fade([...document.querySelectorAll(WIDE)]));
addEventListener("scroll", ({ target }) => target.matches?.(WIDE) && fade([target]), true);

/* On a phone the rows of a table become cards: each cell but the first then begins with its head. */
addEventListener("DOMContentLoaded", () => {
  for (const table of document.querySelectorAll(".bd-article table.cards")) {
    const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
    for (const row of table.tBodies[0].rows) {
      for (const cell of [...row.cells].slice(1)) {
        (cell.querySelector(":scope > p") ?? cell).dataset.head = heads[cell.cellIndex];
      }
    }
  }
});

/* The theme's button that opens a branch of the contents shows an arrow and no words. */
addEventListener("DOMContentLoaded", () => {
  for (const button of document.querySelectorAll("nav summary")) {
    const page = button.closest("li")?.querySelector("a")?.textContent.trim();
    if (page && !button.textContent.trim()) button.ariaLabel = `Pages below ${page}`;
  }
});

/* The theme's link to the first page lies in no landmark, where screen readers would pass it over. */
addEventListener("DOMContentLoaded", () => {
  const home = document.querySelector(".bd-sidebar-primary .navbar-brand")?.parentElement;
  if (home) Object.assign(home, { role: "navigation", ariaLabel: "First page" });
});

/* A lab on a page that is no chapter: its script is loaded after the page, when it comes near. Until
   it runs, its room is as high as the window, so that nothing that is seen moves. */
const COURSE = document.currentScript.src;
function loadLab(slot) {
  const script = document.createElement("script");
  script.src = new URL(`labs/${slot.dataset.lab}.js`, COURSE);
  script.onload = script.onerror = () => slot.classList.remove("waits");
  document.head.append(script);
}
const SLOTS = ".lab-slot:not(:empty)"; // no chapter shows the lab of an empty one
addEventListener("DOMContentLoaded", () => {
  for (const slot of document.querySelectorAll(SLOTS)) slot.classList.add("waits");
});
addEventListener("load", () => {
  for (const slot of document.querySelectorAll(SLOTS)) {
    const watch = new IntersectionObserver(([{ isIntersecting }]) => {
      if (!isIntersecting && !location.hash.includes(`${slot.dataset.lab}=`)) return;
      watch.disconnect();
      loadLab(slot);
    });
    watch.observe(slot);
  }
});
