// The rule editor: what is found of a rule as it is typed, without leaving the field.
"use strict";

(function () {
  const PAUSE = 500;
  let timer = 0;
  let asked = null;
  let last = "";

  function form() { return document.getElementById("rule-form"); }

  function body() {
    const data = new URLSearchParams(new FormData(form()));
    return data.toString();
  }

  async function ask() {
    const now = body();
    if (now === last) return;
    last = now;
    if (asked) asked.abort();
    asked = new AbortController();
    const found = document.getElementById("found");
    found.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch("/rules/preview", {
        method: "POST", body: now, signal: asked.signal,
        headers: { "content-type": "application/x-www-form-urlencoded" },
      });
      const open = Array.from(found.querySelectorAll("details")).map(function (one) { return one.open; });
      found.innerHTML = await answer.text();
      found.querySelectorAll("details").forEach(function (one, number) { one.open = open[number] || false; });
      const words = found.querySelector(".findings .error, .would");
      document.getElementById("status").textContent = words ? words.textContent.replace(/\s+/g, " ").trim() : "";
    } catch (error) {
      if (error.name === "AbortError") return;
      last = "";
    }
    found.removeAttribute("aria-busy");
  }

  function later() { window.clearTimeout(timer); timer = window.setTimeout(ask, PAUSE); }

  document.addEventListener("DOMContentLoaded", function () {
    if (!form()) return;
    form().addEventListener("input", later);
    form().addEventListener("change", later);
    // A name taken from the list changes the query without an input event.
    form().addEventListener("keyup", later);
    form().addEventListener("mouseup", later);
    document.getElementById("try").addEventListener("click", function (event) { event.preventDefault(); last = ""; ask(); });
    document.addEventListener("keydown", function (event) {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form().requestSubmit(); }
    });
    ask();
  });
})();
