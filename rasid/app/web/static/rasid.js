// What the page does beyond reading and searching: new articles as they arrive, and keys.
"use strict";

(function () {
  const MOST = 200;

  function live() {
    const results = document.getElementById("results");
    const list = document.getElementById("list");
    if (!results || results.dataset.live !== "yes" || !list || !window.EventSource) return;
    const state = document.querySelector("[data-live-state]");
    const source = new EventSource("/events");
    source.addEventListener("article", function (event) {
      if (!document.body.contains(list)) { source.close(); return; }
      const holder = document.createElement("template");
      holder.innerHTML = event.data;
      const item = holder.content.querySelector("li");
      const link = item && item.querySelector("a").getAttribute("href");
      if (!item || list.querySelector('a[href="' + CSS.escape(link) + '"]')) return;
      list.prepend(item);
      while (list.children.length > MOST) list.lastElementChild.remove();
    });
    source.onopen = function () { if (state) state.dataset.on = "yes"; };
    source.onerror = function () { if (state) state.dataset.on = "no"; };
  }

  function step(by) {
    const links = Array.from(document.querySelectorAll(".hit h2 a"));
    const at = links.indexOf(document.activeElement);
    const next = links[Math.max(0, Math.min(links.length - 1, at + by))];
    if (next) next.focus();
  }

  function keys(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (event.key === "/") {
      const box = document.getElementById("q");
      if (box) { event.preventDefault(); box.focus(); box.select(); }
    } else if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
  }

  document.addEventListener("keydown", keys);
  document.addEventListener("DOMContentLoaded", live);
})();
