// The editor for SPARQL: YASGUI, which asks this server only, knows the ontology, and speaks both languages.
"use strict";

(() => {
  const catalogue = page.read("catalogue");
  const known = page.read("editor");
  const words = page.read("words");
  const { Yasqe, Yasr, Tab } = Yasgui;
  const here = document.getElementById("editor-here");
  const endpoint = new URL(known.endpoint, location.href).href;
  const title = (question) => page.t(`${question.name}-title`);
  const about = document.getElementById("about");

  // ------------------------------------------------------------------------------------------ completion

  // The prefixes of the project instead of the list that comes with the editor.
  Yasqe.forkAutocompleter("prefixes", {
    name: "prefixes", persistenceId: null,
    get: () => Object.entries(known.prefixes).map(([prefix, start]) => `${prefix}: <${start}>`),
  });

  // Classes, properties and individuals, from the first letters behind the prefix.
  const label = ([, , en, zh]) => page.language() === "zh" ? zh || en : en;
  const named = new Map(known.terms.map((term) => [term[0], term]));
  Yasqe.registerAutocompleter({
    name: "terms", bulk: false, autoShow: true, persistenceId: null,
    isValidCompletionPosition: (yasqe) => /^[a-z]\w*:[\w-]*$/i.test(yasqe.getCompleteToken().string),
    get: (yasqe, token) => {
      const typed = token.string.toLowerCase();
      const names = [...named.keys()].filter((name) => name.toLowerCase().startsWith(typed));
      return names.length === 1 && names[0] === token.string ? [] : names;
    },
    postprocessHints: (yasqe, hints) => hints.map((hint) => ({
      ...hint, displayText: [hint.text, label(named.get(hint.text))].filter(Boolean).join("  "),
    })),
  });
  Yasqe.defaults.autocompleters.splice(0, Infinity, "variables", "prefixes", "terms");

  // --------------------------------------------------------------------------------------------- answers

  // An IRI in few words, and the page that it leads to: its own here, or where it points.
  const short = (iri) => {
    if (iri.startsWith(known.base)) {
      const end = iri.slice(known.base.length);
      return [end, `/id/${encodeURI(end).replace(/%25/g, "%")}`];
    }
    const [prefix, start] = Object.entries(known.prefixes).find(([, start]) => iri.startsWith(start)) ?? [];
    if (!prefix) return [iri, /^https?:/.test(iri) ? iri : null];
    const local = iri.slice(start.length), name = `${prefix}:${local}`;
    return [name, named.has(name) ? `${known.ontology}#${name.replace(/^ob:/, "").replace(":", "-")}` : iri];
  };
  const link = (iri) => {
    const [text, href] = short(iri);
    return page.make("a", { class: "iri", href, title: iri }, text);
  };

  const content = (value, compact) => {
    if (value.type === "uri") return [link(value.value)];
    const tag = compact ? "" : value["xml:lang"] ? `@${value["xml:lang"]}` : "";
    const kind = compact || tag || !value.datatype ? [] : ["^^", link(value.datatype)];
    return [value.value, ...(tag || kind.length ? [page.make("sup", {}, tag, kind)] : [])];
  };

  // Cells are made of text here: nothing of an answer is read as markup, and nothing in it stays unseen.
  Yasr.plugins.table.prototype.getCellContent = function (value) {
    const inner = page.make("span", { class: value.type === "uri" ? null : "nonIri" }, ...content(value, this.persistentConfig.compact));
    return page.make("div", {}, inner).outerHTML;
  };
  // What rows are searched and sorted by is text too: YASGUI would read it as markup in order to clean it.
  const { getColumns } = Yasr.plugins.table.prototype;
  Yasr.plugins.table.prototype.getColumns = function () {
    const [number, ...columns] = getColumns.call(this);
    return [number, ...columns.map((column) => ({
      ...column,
      render: (value, kind) => !value ? "" : kind === "display" || kind === "type" ? this.getCellContent(value)
        : page.make("span", {}, value.value).innerHTML,
    }))];
  };
  Yasr.plugins.table.prototype.download = function (name) {
    const columns = this.yasr.results?.getVariables() ?? [];
    const rows = () => (this.yasr.results?.getBindings() ?? []).map((row) => columns.map((column) => row[column]?.value ?? ""));
    return { getData: () => page.csv([columns, ...rows()]), contentType: "text/csv;charset=utf-8", title: "CSV", filename: `${name || "answer"}.csv` };
  };
  Yasr.prototype.updateResponseInfo = function () {
    const rows = this.results?.getBindings()?.length;
    const seconds = ((this.results?.getResponseTime() ?? 0) / 1000).toFixed(2);
    this.dataElement.classList.toggle("empty", !this.results);
    this.dataElement.textContent = !this.results ? "" : rows === undefined ? page.t("in_seconds", seconds) : page.t("rows_in_seconds", rows, seconds);
  };

  // ------------------------------------------------------------------------------------------------ tabs

  Tab.prototype.getShareableLink = function () {
    return `${location.origin}${location.pathname}#query=${encodeURIComponent(this.getQuery())}`;
  };

  // Tables begin without types and numbers of rows.
  const { getDefaults } = Tab;
  Tab.getDefaults = (gui) => {
    const fresh = getDefaults.call(Tab, gui);
    fresh.yasr.settings.pluginsConfig.table = { compact: true };
    return fresh;
  };

  const yasgui = new Yasgui(here, {
    autofocus: false, autoAddOnInit: false, populateFromUrl: false, copyEndpointOnNewTab: false,
    contextMenuContainer: here, persistenceId: "obligation-graph", tabName: page.t("query"),
    endpointCatalogueOptions: { getData: () => [] },
    requestConfig: { endpoint: () => endpoint, method: "POST", acceptHeaderGraph: "text/turtle" },
    yasqe: { value: known.begin, editorHeight: "24rem" },
    yasr: { prefixes: known.prefixes },
  });

  // Opens a query in a tab, the one that has it if there is one.
  const open = (query, name, { run = true } = {}) => {
    const there = Object.values(yasgui._tabs).find((tab) => tab.getPersistedJson().yasqe.value === query);
    if (there) yasgui.selectTabId(there.getId());
    const tab = there ?? yasgui.addTab(true, { name: yasgui.createTabName(name), yasqe: { value: query } });
    tab.show();
    document.getElementById(`tab-${tab.getId()}`).scrollIntoView({ block: "nearest" });
    if (run && !tab.hasResults()) tab.query().catch(() => {});
  };
  const openQuestion = (name, options) => {
    const question = catalogue.find((one) => one.name === name);
    open(question.query, title(question), options);
  };

  // What the question of the tab asks, as long as its query is the catalogue's.
  const describe = () => {
    const query = yasgui.getTab()?.getPersistedJson().yasqe.value;
    const question = catalogue.find((one) => one.query === query);
    about.textContent = question ? page.t(`${question.name}-description`) : "";
  };
  for (const event of ["tabSelect", "tabChange", "tabAdd", "tabClose"]) yasgui.on(event, () => setTimeout(describe));

  // A query in the address opens, and is taken out of it: the address of the page is again its own.
  const openShared = () => {
    const { query } = page.address();
    if (!query) return;
    page.go({ query: null });
    open(query, page.t("query"));
  };

  // ------------------------------------------------------------------------- the list, and both languages

  const list = document.getElementById("questions");
  const wide = matchMedia("(min-width: 60rem)"); // where the list stands beside the editor, not above it
  list.open = wide.matches;
  list.addEventListener("click", (event) => {
    const name = event.target.dataset?.question;
    if (!name) return;
    list.open = wide.matches;
    openQuestion(name);
  });
  document.getElementById("new").addEventListener("click", () => yasgui.addTab(true, { name: yasgui.createTabName(page.t("query")) }));
  document.getElementById("find").addEventListener("input", (event) => {
    const typed = event.target.value.trim().toLowerCase();
    for (const button of list.querySelectorAll("[data-question]")) {
      const key = `${button.dataset.question}-title`;
      const said = [button.dataset.question, words.en[key], words.zh[key]].join(" ").toLowerCase();
      button.parentElement.hidden = !said.includes(typed);
    }
  });

  // Words of YASGUI by what it says itself, in English.
  const phrases = new Map();
  for (const [key, text] of Object.entries(words.en)) {
    if (key.startsWith("yasgui_")) for (const tongue of ["en", "zh"]) phrases.set(words[tongue][key].trim(), key);
  }
  const NAMES = ["title", "aria-label", "placeholder"];
  const say = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      const key = phrases.get(node.data.trim());
      if (key && node.data !== page.t(key)) node.data = page.t(key);
      return;
    }
    if (node.matches?.(".CodeMirror-code, tbody, svg")) return;
    for (const name of NAMES) {
      const said = node.getAttribute?.(name), key = phrases.get(said?.trim());
      if (key && said !== page.t(key)) node.setAttribute(name, page.t(key));
    }
    node.childNodes.forEach(say);
  };
  const retitle = () => {
    for (const tab of Object.values(yasgui._tabs)) {
      const question = catalogue.find((one) => ["en", "zh"].some((tongue) => words[tongue][`${one.name}-title`] === tab.getName()));
      if (question && tab.getName() !== title(question)) tab.setName(title(question));
    }
  };
  // Fields that YASGUI leaves without a name.
  const name = () => {
    for (const [place, key] of [[".yasqe textarea", "query_label"], [".tableSizer", "yasgui_page_size"], [".yasqe_sharePopup input", "yasgui_share"]]) {
      for (const field of here.querySelectorAll(place)) {
        if (field.getAttribute("aria-label") !== page.t(key)) field.setAttribute("aria-label", page.t(key));
      }
    }
  };
  let waiting = false;
  const speak = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; say(here); name(); });
  };
  new MutationObserver(speak).observe(here, { subtree: true, childList: true, attributes: true, attributeFilter: NAMES });

  // Tables are drawn with the words of the moment.
  const { tableConfig } = Yasr.plugins.table.defaults;
  const pages = () => {
    const [info, infoEmpty, infoFiltered, zeroRecords] = ["table_info", "table_none", "table_filtered", "no_rows"].map((key) => page.t(key));
    Object.assign(tableConfig.language, { info, infoEmpty, infoFiltered, zeroRecords, emptyTable: zeroRecords });
  };

  page.onChange(() => { pages(); retitle(); describe(); speak(); openShared(); });
  pages();
  if (!yasgui.persistentConfig.getTabs().length) {
    for (const name of known.tabs) openQuestion(name, { run: false });
    yasgui.selectTabId(yasgui.persistentConfig.getTabs()[0]);
  }
  retitle();
  describe();
  speak();
  openShared();
})();
