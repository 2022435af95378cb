
// Airflow shows these pages in a frame that may not leave itself. Its own window opens what is Airflow's.
addEventListener("click", event => {
  const link = event.target.closest("a[target=_top]");
  if (!link || parent === window) return;
  event.preventDefault();
  const other = parent.document.createElement("a");
  other.href = link.href;
  if ("next" in link.dataset) other.search = "next=" + encodeURIComponent(parent.location.href);
  parent.document.body.append(other);
  other.click();
  other.remove();
});

// Back and forward show a page as it was left. What was decided since must show: the page is asked for anew.
addEventListener("pageshow", event => {
  if (event.persisted && !document.querySelector("[data-answer]")) location.replace(location.pathname + location.search);
});
