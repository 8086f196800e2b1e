// What the page does beyond reading and searching: new articles as they arrive, and keys.
"use strict";

(function () {
  const MOST = 200;
  let source = null;

  function say(words) {
    const status = document.getElementById("status");
    if (status) status.textContent = words;
  }

  function stop() {
    if (source) source.close();
    source = null;
  }

  function newest(list) {
    const link = list.querySelector("h3 a");
    return link ? decodeURIComponent(link.getAttribute("href").split("?")[0].split("/").pop()) : "";
  }

  function add(list, html) {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const item = holder.content.querySelector("li");
    const link = item && item.querySelector("h3 a").getAttribute("href");
    if (!item || list.querySelector('h3 a[href="' + CSS.escape(link) + '"]')) return;
    // A story shows once: its newest article takes the place of the one before.
    const story = item.dataset.story;
    const before = story && list.querySelector('li[data-story="' + CSS.escape(story) + '"]');
    if (before) before.remove();
    list.prepend(item);
    while (list.children.length > MOST) list.lastElementChild.remove();
    const empty = document.querySelector("[data-empty]");
    if (empty) empty.remove();
    const count = document.querySelector("[data-count]");
    if (count && !before) {
      count.dataset.count = String(Number(count.dataset.count) + 1);
      count.textContent = Number(count.dataset.count).toLocaleString("en");
      const noun = document.querySelector("[data-noun]");
      noun.textContent = count.dataset.count === "1" ? noun.dataset.noun : noun.dataset.nouns;
    }
    say((list.closest("[data-say]") ? list.closest("[data-say]").dataset.say : "New article") + ": " + item.querySelector("h3").textContent.trim());
  }

  // A browser gives one site six connections in all its tabs: a tab that nobody sees lets its own go.
  function live() {
    stop();
    const list = document.getElementById("list");
    if (document.hidden || !list || !list.closest('[data-live="yes"]') || !window.EventSource) return;
    const state = document.querySelector("[data-live-state]");
    const from = list.closest("[data-live]").dataset.events || "/events?";
    source = new EventSource(from + "&after=" + encodeURIComponent(newest(list)));
    source.addEventListener("article", function (event) { add(list, event.data); });
    source.onopen = function () { if (state) state.dataset.on = "yes"; };
    source.onerror = function () { if (state) state.dataset.on = "no"; };
  }

  function swapped() {
    const results = document.querySelector("#results [data-title]");
    if (results) document.title = results.dataset.title;
    const words = document.querySelector("#results .count, #results .problem");
    if (words) say(words.textContent.replace(/\s+/g, " ").trim());
    live();
  }

  function step(by) {
    const links = Array.from(document.querySelectorAll(".hit h3 a"));
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
  document.addEventListener("visibilitychange", live);
  document.addEventListener("htmx:afterSwap", swapped);
  window.addEventListener("pagehide", stop);
  window.addEventListener("pageshow", function (event) { if (event.persisted) live(); });
})();
