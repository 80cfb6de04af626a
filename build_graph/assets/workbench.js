// Fields that are completed from the names in the graph, and forms whose addresses hold what was given, and no more.
"use strict";

(() => {
  const PAUSE = 120; // milliseconds after a key before the server is asked
  let made = 0;

  // The IRI of a passage leads to the page of its text: what follows # reaches no server. The reader shows the passage.
  const reader = document.querySelector('a[data-t="read_text"]');
  if (page.address().char && reader && location.pathname.endsWith("/text")) location.replace(`${reader.href}${location.hash}`);

  // A field with a list of names below it: arrow keys choose, Enter takes, Escape closes.
  const completed = (field) => {
    const list = page.make("ul", { role: "listbox", id: `names-${made++}`, class: "names", hidden: true });
    const box = page.make("span", { class: "completed" });
    field.before(box);
    box.append(field, list);
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })) field.setAttribute(name, value);
    let things = [], chosen = -1, waiting = 0, asked = 0;

    const mark = (at) => {
      chosen = at;
      [...list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === at)));
      if (at < 0) field.removeAttribute("aria-activedescendant");
      else { field.setAttribute("aria-activedescendant", list.children[at].id); list.children[at].scrollIntoView({ block: "nearest" }); }
    };
    const close = () => { list.hidden = true; field.setAttribute("aria-expanded", "false"); mark(-1); };
    const take = (at) => {
      const thing = things[at];
      asked++;
      close();
      if ("opens" in field.dataset) location.assign(thing.href);
      else field.value = thing.value;
    };
    const show = (found) => {
      things = found;
      list.replaceChildren(...found.map((thing, at) => page.make("li", { role: "option", id: `${list.id}-${at}`, "aria-selected": "false", lang: "zh-CN", onmousedown: (event) => { event.preventDefault(); take(at); } },
        page.make("span", { class: "words" }, thing.label), page.make("span", { class: "faint words" }, thing.note))));
      list.setAttribute("aria-label", field.getAttribute("aria-label") ?? field.labels[0].textContent);
      list.hidden = !found.length;
      field.setAttribute("aria-expanded", String(found.length > 0));
      mark(-1);
    };
    const ask = async () => {
      const number = ++asked;
      try {
        const answer = await fetch(`/names/${field.dataset.names}?q=${encodeURIComponent(field.value)}`);
        const found = answer.ok ? await answer.json() : [];
        if (number === asked && document.activeElement === field) show(found);
      } catch { if (number === asked) close(); }
    };
    const soon = () => { clearTimeout(waiting); waiting = setTimeout(ask, PAUSE); };

    field.addEventListener("input", (event) => { if (!event.isComposing) soon(); });
    field.addEventListener("compositionend", soon);
    field.addEventListener("blur", () => { clearTimeout(waiting); asked++; close(); });
    field.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      const open = !list.hidden;
      if (event.key === "ArrowDown" && !open) { event.preventDefault(); ask(); }
      else if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
        event.preventDefault();
        const last = things.length - 1;
        mark(event.key === "ArrowDown" ? (chosen === last ? 0 : chosen + 1) : chosen <= 0 ? last : chosen - 1);
      } else if (open && event.key === "Enter" && chosen >= 0) { event.preventDefault(); take(chosen); }
      else if (open && event.key === "Escape") { event.preventDefault(); close(); }
    });
  };

  document.querySelectorAll("input[data-names]").forEach(completed);

  // An empty field says nothing: it is left out of the address.
  for (const form of document.forms) form.addEventListener("submit", () => {
    const empty = [...form.elements].filter((field) => field.name && !field.value);
    for (const field of empty) field.disabled = true;
    setTimeout(() => { for (const field of empty) field.disabled = false; });
  });
})();
