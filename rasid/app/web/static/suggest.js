// Names for what is being typed, in any script: a combobox with a list (WAI-ARIA Authoring Practices 1.2).
"use strict";

(function () {
  const FIELDS = { PER: "person", ORG: "org", LOC: "place", MISC: "entity" };
  const KINDS = { PER: "person", ORG: "organisation", LOC: "place", MISC: "other" };
  const PAUSE = 150;
  let timer = 0;
  let asked = null;
  let found = { typed: "", suggestions: [] };
  let at = -1;

  function box() { return document.getElementById("q"); }
  function list() { return document.getElementById("suggested"); }

  function close() {
    window.clearTimeout(timer);
    if (asked) asked.abort();
    asked = null;
    at = -1;
    list().hidden = true;
    list().replaceChildren();
    box().setAttribute("aria-expanded", "false");
    box().removeAttribute("aria-activedescendant");
  }

  // What stands before the caret and may be a name: nothing in quotes, no field, no operator.
  function fragment() {
    const typed = box().value.slice(0, box().selectionStart);
    if ((typed.match(/"/g) || []).length % 2) return "";
    return (/(?:^|[\s()+-])((?:[^\s():"+^~*?]+\s)*[^\s():"+^~*?]+)$/.exec(typed) || ["", ""])[1]
      .split(/\b(?:AND|OR|NOT)\s+/).pop();
  }

  function option(one, number) {
    const item = document.createElement("li");
    item.id = "suggested-" + number;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    const name = document.createElement("bdi");
    name.textContent = one.name;
    const kind = document.createElement("span");
    kind.className = "small";
    kind.textContent = (one.label === one.name ? "" : one.label + ", ") + KINDS[one.type];
    item.append(name, " ", kind);
    // Before the box loses the focus.
    item.addEventListener("mousedown", function (event) { event.preventDefault(); take(number); });
    return item;
  }

  function show(answer) {
    found = answer;
    at = -1;
    list().replaceChildren(...found.suggestions.map(option));
    list().hidden = !found.suggestions.length;
    box().setAttribute("aria-expanded", String(!list().hidden));
    box().removeAttribute("aria-activedescendant");
  }

  async function ask() {
    const words = fragment();
    if (words.length < 2) { close(); return; }
    if (asked) asked.abort();
    asked = new AbortController();
    try {
      const answer = await fetch("/api/suggest?q=" + encodeURIComponent(words), { signal: asked.signal });
      if (answer.ok && document.activeElement === box()) show(await answer.json());
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  }

  function choose(next) {
    const items = list().children;
    if (items[at]) items[at].setAttribute("aria-selected", "false");
    at = (next + items.length) % items.length;
    items[at].setAttribute("aria-selected", "true");
    items[at].scrollIntoView({ block: "nearest" });
    box().setAttribute("aria-activedescendant", items[at].id);
  }

  function take(number) {
    const one = found.suggestions[number];
    const caret = box().selectionStart;
    const before = box().value.slice(0, caret);
    const start = before.length - found.typed.length;
    const put = FIELDS[one.type] + ':"' + one.name.replace(/["\\]/g, "\\$&") + '" ';
    box().value = before.slice(0, start) + put + box().value.slice(caret).trimStart();
    box().setSelectionRange(start + put.length, start + put.length);
    close();
  }

  function keys(event) {
    if (event.isComposing || list().hidden) return;
    if (event.key === "ArrowDown") { event.preventDefault(); choose(at + 1); }
    else if (event.key === "ArrowUp") { event.preventDefault(); choose(at < 0 ? -1 : at - 1); }
    else if (event.key === "Enter" && at >= 0) { event.preventDefault(); take(at); }
    else if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); close(); }
    else if (event.key === "Tab") close();
  }

  document.addEventListener("DOMContentLoaded", function () {
    if (!box() || !list()) return;
    box().addEventListener("input", function () { window.clearTimeout(timer); timer = window.setTimeout(ask, PAUSE); });
    box().addEventListener("keydown", keys);
    box().addEventListener("blur", close);
    box().form.addEventListener("submit", close);
  });
})();
