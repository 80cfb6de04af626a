// What all pages share: words in two languages, the theme, the state in the address, files to be saved.
"use strict";

const page = (() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const words = read("words");
  const UNSEEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]/gu;
  const listeners = [];

  // What was chosen on one page holds for the others, where the browser keeps it.
  const kept = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
  const keep = (name, value) => { try { localStorage.setItem(name, value); } catch { /* it is in the address */ } };

  // Characters that nobody would see, or that turn text around, as their numbers.
  const shown = (text) => String(text).replace(UNSEEN, (found) =>
    `[U+${found.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}]`);

  // What the address says behind #, as a plain object; values are strings.
  const address = () => Object.fromEntries(new URLSearchParams(location.hash.slice(1)));

  // What is read from it again and again, until it changes.
  const now = {};
  const { language: fixed } = document.body.dataset; // a page that comes in one language, and has another address in the other
  const tongue = (lang) => lang === "en" || lang === "zh" ? lang : null;
  // The language of the parameter, which holds for the pages that follow, too; that behind # holds for its page.
  const fixes = () => tongue(new URLSearchParams(location.search).get("lang"));
  const reread = () => {
    const theme = address().theme ?? kept("theme");
    now.language = fixed || tongue(address().lang) || fixes() || tongue(kept("lang")) || (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");
    now.dark = theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  };
  const language = () => now.language;
  const dark = () => now.dark;

  // Put values into the address; empty ones are taken out. A step back undoes `push`.
  const go = (changes, { push = false } = {}) => {
    const state = { ...address(), ...changes };
    const kept = Object.entries(state).filter(([, value]) => value !== null && value !== undefined && value !== "");
    const text = kept.map(([key, value]) => `${key}=${encodeURIComponent(value).replace(/%2F/g, "/").replace(/%2C/g, ",")}`).join("&");
    history[push ? "pushState" : "replaceState"](null, "", `#${text}`);
    changed();
  };

  // What the address says in parameters, of these names, goes behind #, where the pages look for it.
  const take = (names) => {
    const asked = new URLSearchParams(location.search), found = {};
    for (const name of names) if (asked.has(name)) { found[name] = asked.get(name); asked.delete(name); }
    if (!Object.keys(found).length) return;
    history.replaceState(null, "", `${location.pathname}${asked.size ? `?${asked}` : ""}${location.hash}`);
    go({ ...found, ...address() });
  };

  // Says which things the address names, by kind and name, that the page does not hold; `rest` says what it does then.
  const tellLacking = (things, rest = "") => {
    const said = things.map(([kind, name]) => t("lacked", t(kind), name)).join(language() === "zh" ? "；" : "; ");
    const note = document.getElementById("lacking");
    note.hidden = !things.length;
    note.textContent = things.length ? [t("lacking", said), rest && t(rest)].filter(Boolean).join(language() === "zh" ? "" : " ") : "";
  };

  const changed = () => { applied(); for (const hear of listeners) hear(address()); };

  // A word by its key; {} in it takes the values in turn.
  const t = (key, ...values) => {
    let next = 0;
    return (words[language()][key] ?? key).replace(/\{\}/g, () => shown(values[next++]));
  };

  let applies = ""; // what the page shows now; it comes in English
  // The page's own words and colours, as the address asks for them.
  const applied = () => {
    reread();
    const asked = `${language()} ${dark()}`;
    if (asked === applies) return;
    applies = asked;
    const spoken = document.documentElement.lang.slice(0, 2) !== language();
    document.documentElement.lang = language() === "zh" ? "zh-CN" : "en";
    document.documentElement.dataset.theme = dark() ? "dark" : "light";
    // The other language of a page that comes in one has an address of its own.
    for (const link of document.querySelectorAll("a[data-lang]")) link.search = `lang=${language()}`;
    if (!spoken) return;
    for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
    for (const node of document.querySelectorAll("[data-t-label]")) node.setAttribute("aria-label", t(node.dataset.tLabel));
    for (const node of document.querySelectorAll("[data-t-hint]")) node.placeholder = t(node.dataset.tHint);
  };

  // An element with attributes and children; strings become text, never markup.
  const make = (tag, attributes = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.flat().filter((child) => child !== null && child !== undefined)
      .map((child) => typeof child === "string" ? shown(child) : child));
    return node;
  };

  const save = (name, blob) => {
    const link = make("a", { href: URL.createObjectURL(blob), download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };

  // Rows as CSV that a spreadsheet opens as UTF-8 and in which no cell is taken for a formula.
  const csv = (rows) => "\ufeff" + rows.map((row) => row.map((cell) => {
    const text = String(cell ?? "");
    const safe = /^[=+\-@\t\r\n＝＋－＠]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
  }).join(",")).join("\r\n") + "\r\n";

  const saveCsv = (name, rows) => save(name, new Blob([csv(rows)], { type: "text/csv;charset=utf-8" }));

  const choose = (name, value) => {
    const asked = new URLSearchParams(location.search);
    if (asked.has(name)) { // what was asked for before would stand beside what is chosen now
      asked.delete(name);
      history.replaceState(null, "", `${location.pathname}${asked.size ? `?${asked}` : ""}${location.hash}`);
    }
    keep(name, value);
    go({ [name]: value });
  };

  // Buttons that every page has.
  const bind = () => {
    document.getElementById("language")?.addEventListener("click", () => {
      const lang = language() === "zh" ? "en" : "zh";
      if (!fixed) return choose("lang", lang);
      keep("lang", lang);
      location.search = `lang=${lang}`;
    });
    document.getElementById("theme")?.addEventListener("click", () => choose("theme", dark() ? "light" : "dark"));
    document.getElementById("print")?.addEventListener("click", () => window.print());
    addEventListener("hashchange", changed);
    addEventListener("popstate", changed);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  };

  if (fixes()) keep("lang", fixes());
  applied();
  bind();
  return { read, shown, address, go, take, tellLacking, language, t, dark, make, save, saveCsv, csv, onChange: (hear) => listeners.push(hear) };
})();
