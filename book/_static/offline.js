/* A page opened from disk may not fetch its neighbours: the search then shows titles only. */
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}

/* A formula wider than the screen scrolls; then the keyboard has to reach it too. */
function reachWideFormulas() {
  for (const formula of document.querySelectorAll('.bd-article mjx-container[display="true"]')) {
    if (formula.scrollWidth > formula.clientWidth) formula.tabIndex = 0;
    else formula.removeAttribute("tabindex");
  }
}
window.addEventListener("load", () => window.MathJax?.startup?.promise?.then(reachWideFormulas));
window.addEventListener("resize", reachWideFormulas);
