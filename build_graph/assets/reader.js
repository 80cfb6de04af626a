// The page of one document: marks that can be chosen, filters, the words as they came, and the panel.
"use strict";

(() => {
  const { make, t, go, shown } = page;
  const about = page.read("about"), measures = page.read("measures"), parts = page.read("parts"), others = page.read("others");
  const bodies = page.read("bodies"), domains = page.read("domains"), repairs = page.read("repairs");
  const at = (id) => document.getElementById(id);
  const text = at("text"), main = at("main"), panel = at("panel"), side = at("side");
  const units = [...text.querySelectorAll(".unit[id]")];
  const narrow = matchMedia("(max-width: 799px)");
  const away = ["home", "network"].filter((id) => about[id]); // pages that this one leads to
  const SHOWN_WORDS = 60; // characters of a mark that are read out
  const LONGEST_QUOTE = 400; // characters of a mark that a card shows

  // ------------------------------------------------------------------------- things by key
  const things = new Map(); // key: { kind, thing, measure }
  measures.forEach((measure) => {
    things.set(measure.key, { kind: "measure", thing: measure, measure });
    things.set(`${measure.key}/a`, { kind: "attribution", thing: { key: `${measure.key}/a` }, measure });
    for (const one of measure.norms ?? []) things.set(one.key, { kind: one.kind, thing: one, measure });
    for (const [name, kind] of [["bearers", "bearer"], ["targets", "target"], ["audiences", "audience"], ["riders", "rider"]])
      for (const one of measure[name] ?? []) things.set(one.key, { kind, thing: one, measure });
  });
  for (const part of parts) things.set(part.key, { kind: "heading", thing: part });
  for (const one of others) things.set(one.key, { kind: one.kind, thing: one });

  const byKey = new Map(); // the pieces of each mark
  for (const node of text.querySelectorAll("[data-r]")) {
    const key = node.dataset.r;
    if (byKey.has(key)) byKey.get(key).push(node); else byKey.set(key, [node]);
  }
  const pieces = (key) => byKey.get(key) ?? [];
  const words = (key) => pieces(key).map((node) => node.textContent).join("");
  const unitsOf = (key) => pieces(key).map((node) => node.closest(".unit")).filter(Boolean);
  const iri = (key) => `${about.iri}/${key}`;
  const measureOf = (node) => { const unit = node.closest(".unit"); return unit ? measures[Number(unit.dataset.m)] : null; };
  const bare = (value) => {
    let found = value ?? "";
    for (const start of [about.base, `${about.key}/`, "/"]) if (found.startsWith(start)) found = found.slice(start.length);
    return found;
  };

  // ------------------------------------------------------------------------- names
  const name = (key) => {
    const body = bodies[key];
    if (!body) return key.replace(/^[a-z]+\//, "");
    const zh = body.zh ?? body.words;
    return page.language() === "en" && body.en ? `${zh} ${body.en}` : zh;
  };
  const domainName = (key) => (domains[key] ?? [key, key])[page.language() === "zh" ? 1 : 0];
  const kindName = (kind) => t(`kind_${kind}`);
  const quoted = (...children) => make("span", { class: "words", lang: "zh-CN" }, ...children);
  const titleOf = (measure) => measure.clause ? t("measure_of", measure.index, measure.clause) : t("measure_alone", measure.index);
  const labels = new Map(parts.map((part) => [part.key, part.label]));

  // ------------------------------------------------------------------------- filters
  const FILTERS = ["agency", "domain", "norm", "role", "allocation"];
  page.take([...FILTERS, "measure", "at", "char", "words", "hidden"]);
  const asked = () => {
    const state = page.address(), found = {};
    for (const key of FILTERS) found[key] = bare(state[key]);
    if (found.agency && !found.agency.includes("/"))
      found.agency = bodies[`group/${found.agency}`] ? `group/${found.agency}` : `agency/${found.agency}`;
    if (found.domain && !found.domain.includes("/")) found.domain = `domain/${found.domain}`;
    return found;
  };
  const bears = (bearer, want) => (!want.agency || bearer.body === want.agency) && (!want.role || bearer.role === want.role);
  const fits = (measure, want) =>
    (!(want.agency || want.role) || (measure.bearers ?? []).some((bearer) => bears(bearer, want)))
    && (!want.domain || (measure.domains ?? []).some(([domain]) => domain === want.domain))
    && (!want.norm || (measure.norms ?? []).some((norm) => norm.kind === want.norm))
    && (!want.allocation || measure.allocation === want.allocation);

  const tally = (lists) => {
    const counts = new Map();
    for (const list of lists) for (const one of new Set(list)) counts.set(one, (counts.get(one) ?? 0) + 1);
    return [...counts].sort((one, two) => two[1] - one[1] || (one[0] < two[0] ? -1 : 1));
  };
  const counted = {
    agency: tally(measures.map((m) => (m.bearers ?? []).map((b) => b.body))),
    domain: tally(measures.map((m) => (m.domains ?? []).map(([domain]) => domain))),
    norm: tally(measures.map((m) => (m.norms ?? []).map((n) => n.kind))),
    role: tally(measures.map((m) => (m.bearers ?? []).map((b) => b.role))),
    allocation: tally(measures.map((m) => m.allocation ? [m.allocation] : [])),
  };
  const label = { agency: name, domain: domainName, norm: t, role: t, allocation: t };
  const option = (key, [value, count]) => make("option", { value }, `${label[key](value)} (${count})`);

  const fillSelects = (want) => {
    for (const key of FILTERS) {
      const select = at(`by-${key}`), found = counted[key];
      const children = [make("option", { value: "" }, t(`any_${key}`))];
      if (key === "agency") {
        for (const [group, title] of [[false, "agencies"], [true, "groups"]]) {
          const some = found.filter(([body]) => Boolean(bodies[body]?.group) === group);
          if (some.length) children.push(make("optgroup", { label: t(title) }, ...some.map((one) => option(key, one))));
        }
      } else children.push(...found.map((one) => option(key, one)));
      if (want[key] && !found.some(([value]) => value === want[key]))
        children.push(make("option", { value: want[key] }, t("not_here", label[key](want[key]))));
      select.replaceChildren(...children);
      select.value = want[key];
      select.classList.toggle("set", Boolean(want[key]));
    }
  };

  // What the address names and the document does not hold.
  const lacking = (want) => {
    const { measure, at: place, char } = page.address();
    const found = FILTERS.filter((key) => want[key] && !counted[key].some(([value]) => value === want[key])).map((key) => [key, label[key](want[key])]);
    if (measure && things.get(bare(measure))?.kind !== "measure") found.push(["lacked_measure", bare(measure)]);
    if (place && !things.has(bare(place))) found.push(["lacked_thing", bare(place)]);
    if (char && !passageOf(char)) found.push(["lacked_thing", `char=${char}`]);
    return found;
  };

  let matching = measures.map(() => true);
  const filter = (want) => {
    const on = FILTERS.some((key) => want[key]);
    matching = measures.map((measure) => fits(measure, want));
    text.classList.toggle("filtered", on);
    for (const unit of text.querySelectorAll(".unit")) {
      const good = matching[Number(unit.dataset.m)];
      unit.classList.toggle("dim", on && !good);
      unit.classList.toggle("match", on && good);
    }
    for (const node of text.querySelectorAll(".hit")) node.classList.remove("hit");
    measures.forEach((measure, number) => {
      if (!matching[number] || !on) return;
      const hits = [];
      if (want.agency || want.role) hits.push(...(measure.bearers ?? []).filter((bearer) => bears(bearer, want)));
      if (want.norm) hits.push(...(measure.norms ?? []).filter((norm) => norm.kind === want.norm));
      for (const hit of hits) for (const node of pieces(hit.key)) node.classList.add("hit");
    });
    at("matching").textContent = t("matching", matching.filter(Boolean).length, measures.length);
    at("reset").disabled = !on;
    outlineCounts(on);
  };
  const outlineCounts = (on) => {
    for (const link of at("outline").querySelectorAll("a")) {
      const under = measures.map((measure, number) => measure.key.startsWith(`${link.dataset.part}/`) ? number : -1).filter((n) => n >= 0);
      const good = under.filter((number) => matching[number]).length;
      link.querySelector(".of").textContent = !under.length ? "" : on ? `${good}/${under.length}` : String(under.length);
      link.parentElement.classList.toggle("none", on && !good);
    }
  };
  const step = (by) => {
    const order = units.map((unit) => Number(unit.dataset.m)).filter((number) => matching[number]);
    if (!order.length) return;
    const places = units.map((unit) => Number(unit.dataset.m));
    const current = chosen.measure ? places.indexOf(measures.indexOf(chosen.measure)) : by > 0 ? -1 : places.length;
    const next = by > 0 ? order.find((n) => places.indexOf(n) > current) : order.findLast((n) => places.indexOf(n) < current);
    choose(measures[next ?? (by > 0 ? order[0] : order[order.length - 1])].key);
  };

  // ------------------------------------------------------------------------- words as they came
  // The leaves of the text with the repaired positions that they cover, in code points.
  const leaves = [];
  {
    const walker = document.createTreeWalker(text, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, (node) =>
      node.parentElement.closest(".unseen") ? NodeFilter.FILTER_REJECT
        : node.nodeType === Node.TEXT_NODE || node.className === "unseen" ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_SKIP);
    let start = 0;
    while (walker.nextNode()) {
      const node = walker.currentNode;
      const chars = node.nodeType === Node.TEXT_NODE ? [...node.data] : [node.textContent];
      leaves.push({ node, chars, start, end: start + chars.length, holder: null });
      start += chars.length;
    }
  }
  // The stretch that the address names after RFC 5147, as the IRI of a passage does: #char=53,72.
  const passageOf = (char) => {
    const [start, end] = /^\d+,\d+$/.test(char ?? "") ? char.split(",").map(Number) : [0, 0];
    return start < end && end <= leaves.at(-1).end ? { start, end } : null;
  };
  const boundary = (place, side) => {
    const leaf = leaves.find((one) => side === "start" ? one.end > place : one.end >= place);
    if (!leaf.node.isConnected) return [leaf.holder, leaf.holder.childNodes.length * (side === "end")]; // the words as they came
    return leaf.node.nodeType === Node.TEXT_NODE ? [leaf.node, leaf.chars.slice(0, place - leaf.start).join("").length] : [leaf.node, side === "end" ? 1 : 0];
  };
  const rangeOf = ({ start, end }) => {
    const range = new Range();
    range.setStart(...boundary(start, "start"));
    range.setEnd(...boundary(end, "end"));
    return range;
  };
  const elementAt = (place) => { const [node] = boundary(place, "start"); return node.nodeType === Node.TEXT_NODE ? node.parentElement : node; };
  const changes = []; // of the text, in its order
  for (let n = 0, end = 0; n < repairs.row.length; n += 4) {
    const [gap, length, kind, before] = repairs.row.slice(n, n + 4);
    changes.push({ start: end + gap, end: end + gap + length, name: repairs.names[kind], before });
    end += gap + length;
  }
  const cameAs = (before) => shown(before).replace(/\r/g, "␍");
  const repairedTo = (change) => leaves.filter((leaf) => leaf.start < change.end && leaf.end > change.start)
    .map((leaf) => leaf.chars.slice(Math.max(0, change.start - leaf.start), change.end - leaf.start).join("")).join("");

  // What stood where a leaf stands: null where nothing was changed.
  const came = (leaf, from, reach) => {
    let next = from, place = leaf.start;
    const held = make("span", { class: "asis" });
    const keep = (end) => { if (end > place) held.append(leaf.chars.slice(place - leaf.start, end - leaf.start).join("")); };
    if (reach > place) place = Math.min(reach, leaf.end);
    let changed = place > leaf.start;
    while (next < changes.length && (changes[next].start < leaf.end || changes[next].end === leaf.end || leaf.end === 0)) {
      const change = changes[next];
      keep(change.start);
      const node = document.createElement("span");
      node.className = "repair";
      node.dataset.p = String(next);
      node.textContent = cameAs(change.before);
      held.append(node);
      place = Math.max(place, Math.min(change.end, leaf.end));
      reach = Math.max(reach, change.end);
      changed = true;
      next += 1;
    }
    keep(leaf.end);
    return { next, reach, held: changed ? held : null };
  };
  let asItCame = false;
  const setWords = (source) => {
    at("as-repaired")?.setAttribute("aria-pressed", String(!source));
    at("as-it-came")?.setAttribute("aria-pressed", String(source));
    if (source === asItCame) return;
    asItCame = source;
    let next = 0, reach = 0;
    for (const leaf of leaves) {
      if (!source) { if (leaf.holder) { leaf.holder.replaceWith(leaf.node); leaf.holder = null; } continue; }
      const found = came(leaf, next, reach);
      ({ next, reach } = found);
      if (found.held) { leaf.node.replaceWith(found.held); leaf.holder = found.held; }
    }
  };
  const repairTitle = (change) => `${t(`repair_${change.name}`)} (${change.name}): ${cameAs(change.before) || "—"} → ${repairedTo(change) || "—"}`;

  // ------------------------------------------------------------------------- what is chosen
  let chosen = { measure: null, keys: [], repair: null, passage: null };
  // The keys of the marks around a node, the innermost first, without the measure's.
  const around = (node) => {
    const keys = [];
    for (let one = node.closest("[data-r]"); one && text.contains(one); one = one.parentElement.closest("[data-r]"))
      if (things.get(one.dataset.r)?.kind !== "measure" && !keys.includes(one.dataset.r)) keys.push(one.dataset.r);
    return keys;
  };
  const choose = (key, { repair = null } = {}) => {
    const measure = things.get(key)?.measure ?? (pieces(key)[0] ? measureOf(pieces(key)[0]) : null);
    go({ measure: measure?.key, at: key === measure?.key ? "" : key, char: "", repair: repair === null ? "" : String(repair) }, { push: true });
  };
  const fromAddress = () => {
    const state = page.address(), passage = passageOf(state.char);
    if (passage) {
      const node = elementAt(passage.start);
      return { measure: measureOf(node), keys: around(node), repair: null, passage };
    }
    const measure = things.get(bare(state.measure));
    const key = things.has(bare(state.at)) ? bare(state.at) : "";
    const keys = key ? [key, ...(pieces(key)[0] ? around(pieces(key)[0]) : [])] : [];
    const repair = asItCame && state.repair ? changes[Number(state.repair)] ?? null : null;
    return {
      measure: measure?.kind === "measure" ? measure.thing : things.get(key)?.measure ?? null,
      keys: [...new Set(keys)].filter((one) => things.get(one).kind !== "measure"),
      repair,
      passage,
    };
  };
  const target = () => chosen.passage ? elementAt(chosen.passage.start) : chosen.repair ? text.querySelector(`[data-p="${changes.indexOf(chosen.repair)}"]`)
    : chosen.keys.length && pieces(chosen.keys[0])[0] ? pieces(chosen.keys[0])[0]
      : chosen.keys.length ? document.getElementById(chosen.keys[0])
        : chosen.measure ? document.getElementById(chosen.measure.key) : null;
  const inView = (node) => {
    const box = node.getBoundingClientRect(), frame = narrow.matches ? { top: 40, bottom: innerHeight * 0.45 } : main.getBoundingClientRect();
    return box.top >= frame.top && box.top < frame.bottom - 40;
  };
  const mark = () => {
    for (const node of text.querySelectorAll(".chosen, .current")) node.classList.remove("chosen", "current");
    globalThis.CSS?.highlights?.delete("passage");
    if (chosen.passage && globalThis.Highlight) CSS.highlights.set("passage", new Highlight(rangeOf(chosen.passage)));
    for (const key of chosen.passage ? [] : chosen.keys.slice(0, 1)) for (const node of pieces(key)) node.classList.add("chosen");
    if (chosen.repair) target()?.classList.add("chosen");
    if (chosen.measure) for (const unit of unitsOf(chosen.measure.key)) unit.classList.add("current");
    document.body.classList.toggle("choosing", Boolean(chosen.measure || chosen.keys.length || chosen.repair));
  };

  // ------------------------------------------------------------------------- the panel
  const copy = async (button, value) => {
    try { await navigator.clipboard.writeText(value); } catch {
      const area = make("textarea", { class: "seen-only-by-readers" });
      area.value = value;
      button.after(area);
      area.select();
      document.execCommand("copy");
      area.remove();
      button.focus();
    }
    button.textContent = t("copied");
    setTimeout(() => { button.textContent = t("copy"); }, 1500);
  };
  const copyButton = (value) => make("button", { class: "plain", type: "button", "data-copy": value, onclick: (event) => copy(event.currentTarget, value) }, t("copy"));
  const source = (place) => make("span", { class: "place" }, `${about.source}:${place}`);
  const linked = (state) => about.network
    ? make("a", { href: `${about.network}#${state}&lang=${page.language()}&theme=${page.dark() ? "dark" : "light"}`, class: "to-network" }, t("in_network")) : null;
  const encode = (value) => encodeURIComponent(value).replace(/%2F/g, "/");
  const only = (key, value) => make("button", { class: "plain", type: "button", onclick: () => go({ [key]: value }) }, t("only"));
  const foot = (one, ...more) => make("div", { class: "foot" }, source(one.at), copyButton(iri(one.key)), ...more);
  const chip = (words_, kind = "") => make("span", { class: `chip ${kind}` }, words_);
  const jump = (key, ...children) => make("button", { class: "plain entry", type: "button", "data-go": key, onclick: () => choose(key) }, ...children);
  const section = (key, ...children) => children.flat().filter(Boolean).length ? [make("h3", {}, t(key)), ...children] : [];
  const item = (one, ...children) => make("li", { class: chosen.keys.includes(one.key) ? "now" : null }, ...children);

  const bodyLines = (bearer) => {
    const body = bodies[bearer.body] ?? {};
    return [
      body.zh && body.zh !== bearer.name ? make("div", {}, quoted(body.zh)) : null,
      body.en ? make("div", {}, body.short ? `${body.en} (${body.short})` : body.en) : null,
      body.unresolved ? make("div", { class: "faint" }, t("unresolved")) : null,
      ...(body.answers ?? []).map(([en, zh]) => make("div", { class: "faint" }, t("answers_to", page.language() === "zh" ? zh : en))),
      "rule" in bearer ? make("div", {}, t("inferred"), ": ", bearer.rule ? make("button", { class: "plain", type: "button", "data-go": bearer.rule, onclick: () => choose(bearer.rule) }, t("rule", `${about.source}:${bearer.at}`)) : t("rule", `${about.source}:${bearer.at}`)) : null,
    ];
  };
  const bearerItem = (bearer) => item(bearer,
    pieces(bearer.key).length ? jump(bearer.key, quoted(bearer.name), " ", chip(t(bearer.role)))
      : make("div", { class: "entry" }, quoted(bearer.name), " ", chip(t(bearer.role))),
    ...bodyLines(bearer),
    foot(bearer, make("code", { class: "words" }, bearer.body), only("agency", bearer.body), linked(`agency=${encode(bearer.body)}`)));
  const due = (one) => one.due ? chip(t("due", one.due)) : null;
  const domainChips = (some, main_) => some.map(([key, ...signals]) => make("li", {},
    chip(domainName(key), main_ ? "main" : ""), signals.length ? quoted(signals.join("、")) : make("span", { class: "faint" }, t("without_signal")),
    make("div", { class: "foot" }, make("code", { class: "words" }, key), only("domain", key), linked(`domain=${encode(key)}`))));

  const measureLines = (measure) => {
    const [first, ...rest] = measure.domains ?? [];
    const trail = measure.key.split("/").slice(0, -1).map((_, n, all) => all.slice(0, n + 1).join("/")).filter((key) => labels.has(key));
    const link = make("a", { href: `#measure=${encode(measure.key)}`, onclick: (event) => { if (!event.ctrlKey && !event.metaKey) { event.preventDefault(); choose(measure.key); } } }, t("link"));
    return [
      make("h3", { class: "name" }, titleOf(measure)),
      make("p", { class: "trail" }, ...trail.flatMap((key, n) => [n ? " › " : null, quoted(labels.get(key))])),
      measure.goal ? chip(t("goal")) : null,
      make("div", { class: "iri" }, iri(measure.key)),
      foot(measure, link, linked(`measure=${encode(`${about.key}/${measure.key}`)}`)),
      ...section("main_domain", first ? make("ul", {}, ...domainChips([first], true)) : null),
      ...section("other_domains", rest.length ? make("ul", {}, ...domainChips(rest, false)) : null),
      make("h3", {}, t("responsible_for")),
      measure.bearers ? make("p", {}, chip(t(measure.allocation)), measure.open ? chip(t("open")) : null, measure.inferred ? chip(t("inferred_layout")) : null) : make("p", {}, t("nobody")),
      make("ul", { class: "bearers" }, ...(measure.bearers ?? []).map(bearerItem)),
      ...section("riders", measure.riders ? make("ul", {}, ...measure.riders.map((one) => item(one, jump(one.key, chip(t(`rider_${one.kind}`)), quoted(words(one.key))), due(one), foot(one)))) : null),
      ...section("norms", measure.norms ? make("ul", {}, ...measure.norms.map((one) => item(one, jump(one.key, chip(t(one.kind), one.kind), quoted(words(one.key))), foot(one)))) : null),
      ...section("targets", measure.targets ? make("ul", {}, ...measure.targets.map((one) => item(one, jump(one.key, quoted(words(one.key))), due(one), one.quantity ? chip(t("quantity", one.quantity)) : null, foot(one)))) : null),
      ...section("audiences", measure.audiences ? make("ul", {}, ...measure.audiences.map((one) => item(one, jump(one.key, quoted(one.name)), foot(one)))) : null),
    ];
  };
  const measureLinks = (key) => {
    const under = measures.filter((measure) => measure.key.startsWith(`${key}/`));
    return under.length ? [make("h3", {}, t("measures_here")), make("ul", {}, ...under.map((measure) => make("li", {}, jump(measure.key, titleOf(measure)))))] : [];
  };
  const details = {
    bearer: (one) => [chip(t(one.role)), ...bodyLines(one), make("div", { class: "foot" }, make("code", { class: "words" }, one.body), only("agency", one.body), linked(`agency=${encode(one.body)}`))],
    attribution: (_, measure) => [measure.allocation ? chip(t(measure.allocation)) : null, measure.open ? chip(t("open")) : null],
    rider: (one) => [chip(t(`rider_${one.kind}`)), due(one)],
    target: (one) => [due(one), one.quantity ? chip(t("quantity", one.quantity)) : null],
    audience: (one) => [one.name === words(one.key) ? null : quoted(one.name)],
    citation: (one) => [one.basis ? chip(t("basis")) : null, make("h3", {}, t("cites")), make("div", { class: "iri" }, one.cited), make("div", { class: "foot" }, copyButton(one.cited))],
    heading: (one) => [one.says ? chip(t(one.says)) : null, one.inferred ? chip(t("inferred_layout")) : null],
  };
  const cut = (text_) => text_.length > LONGEST_QUOTE ? `${text_.slice(0, LONGEST_QUOTE)}…` : text_;
  const card = (key) => {
    const { kind, thing, measure } = things.get(key);
    const inner = details[kind] ? details[kind](thing, measure)
      : [thing.cue ? chip(t("cue", thing.cue), kind) : null, thing.reason ? make("p", { lang: "en" }, thing.reason) : null];
    const text_ = words(key) || thing.name || thing.label || "";
    return make("article", { class: `card ${kind}`, "data-card": key },
      make("h3", { class: "name" }, kindName(kind)), make("blockquote", { class: "words", lang: "zh-CN" }, cut(text_)),
      ...inner, make("div", { class: "iri" }, iri(key)), thing.at ? foot(thing) : make("div", { class: "foot" }, copyButton(iri(key))));
  };
  const repairCard = (change) => make("article", { class: "card" },
    make("h3", { class: "name" }, `${kindName("repair")}: ${t(`repair_${change.name}`)}`), make("code", {}, change.name),
    make("p", {}, `${t("before")}: `, quoted(cameAs(change.before) || t("nothing_there"))),
    make("p", {}, `${t("after")}: `, quoted(repairedTo(change) || t("nothing_there"))));

  const startLines = () => {
    const doubts = others.filter((one) => one.kind !== "citation");
    return [
      make("p", {}, t("intro")),
      make("h3", {}, t("doubts")),
      doubts.length ? make("ul", {}, ...doubts.map((one) => make("li", {}, jump(one.key, chip(kindName(one.kind)), quoted(words(one.key).slice(0, SHOWN_WORDS))))))
        : make("p", {}, t("no_doubts")),
      ...section("addressees", about.addressees.length ? make("p", {}, quoted(about.addressees.join("、"))) : null),
    ];
  };
  const renderPanel = () => {
    const lines = [];
    if (chosen.repair) lines.push(repairCard(chosen.repair));
    for (const key of chosen.keys) lines.push(card(key), ...(things.get(key).kind === "heading" ? measureLinks(key) : []));
    if (chosen.measure) lines.push(...measureLines(chosen.measure));
    at("panel-title").textContent = t("panel");
    at("shown").replaceChildren(...(lines.length ? lines : startLines()).filter(Boolean));
    panel.scrollTop = 0;
  };

  // ------------------------------------------------------------------------- keyboard and mouse
  const KINDS = [...at("legend").querySelectorAll("button")].map((button) => button.dataset.kind);
  const hidden = () => new Set((page.address().hidden ?? "").split(",").filter(Boolean));
  const reachable = () => {
    const out = hidden(), seen = new Set();
    return [...text.querySelectorAll(".number, .mark[data-r], .repair")].filter((node) => {
      if (node.classList.contains("number")) return true;
      if (node.classList.contains("repair")) return text.classList.contains("on-repair");
      const key = node.dataset.r;
      if (seen.has(key) || node.classList.contains("measure") || [...node.classList].some((kind) => out.has(kind))) return false;
      seen.add(key);
      return true;
    });
  };
  const say = (words_) => { at("said").textContent = words_; };
  const describe = (node) => {
    if (node.dataset.p) return repairTitle(changes[Number(node.dataset.p)]);
    const key = node.dataset.r, found = things.get(key);
    return found ? `${kindName(found.kind)}: ${shown(words(key).slice(0, SHOWN_WORDS))}` : "";
  };
  const move = (by) => {
    const all = reachable(), here = document.activeElement;
    let place = all.indexOf(here);
    if (place < 0) {
      const first = target() ?? null;
      place = first ? all.indexOf(all.find((node) => node === first || first.contains(node))) - (by > 0 ? 1 : 0) : -1;
    }
    const next = all[Math.min(Math.max(place + by, 0), all.length - 1)];
    if (!next) return;
    if (!next.classList.contains("number")) next.tabIndex = -1;
    next.focus();
    say(describe(next));
  };
  const pick = (node) => {
    const repair = node.closest(".repair"), keys = around(node), measure = measureOf(node);
    if (repair) return go({ measure: measure?.key, at: keys[0] ?? "", char: "", repair: repair.dataset.p }, { push: true });
    const key = keys[0] ?? measure?.key;
    if (key) choose(key);
    return undefined;
  };
  let cameFrom = null;
  const clear = () => go({ measure: "", at: "", char: "", repair: "" }, { push: true });

  text.addEventListener("click", (event) => {
    if (!getSelection().isCollapsed) return; // words are being selected, not chosen
    const link = event.target.closest(".number");
    if (link) {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
    }
    pick(event.target);
  });
  text.addEventListener("mouseover", (event) => {
    const node = event.target.closest(".repair");
    if (node) node.title = repairTitle(changes[Number(node.dataset.p)]);
  });
  main.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      event.preventDefault();
      move(event.key === "ArrowRight" ? 1 : -1);
    } else if (event.key === "Enter" && event.target !== main && text.contains(event.target)) {
      event.preventDefault();
      cameFrom = event.target;
      pick(event.target);
      at("panel-title").focus();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.target.tagName === "SELECT") return;
    if (panel.contains(document.activeElement)) (cameFrom ?? target() ?? main).focus();
    else clear();
  });
  at("close").addEventListener("click", () => { const back = cameFrom ?? main; clear(); back.focus(); });
  for (const key of FILTERS) at(`by-${key}`).addEventListener("change", (event) => go({ [key]: event.target.value }));
  at("reset").addEventListener("click", () => go(Object.fromEntries(FILTERS.map((key) => [key, ""]))));
  at("previous").addEventListener("click", () => step(-1));
  at("next").addEventListener("click", () => step(1));
  at("as-repaired")?.addEventListener("click", () => go({ words: "", repair: "" }));
  at("as-it-came")?.addEventListener("click", () => go({ words: "source" }));
  at("repair-names")?.addEventListener("click", (event) => {
    const wanted = event.target.closest("button")?.dataset.repair;
    if (!wanted) return;
    const from = chosen.repair ? changes.indexOf(chosen.repair) : -1;
    const later = changes.findIndex((change, number) => number > from && change.name === wanted);
    const found = later >= 0 ? later : changes.findIndex((change) => change.name === wanted);
    setWords(true);
    const node = text.querySelector(`[data-p="${found}"]`);
    if (node) go({ words: "source", measure: measureOf(node)?.key, at: around(node)[0] ?? "", char: "", repair: String(found) }, { push: true });
  });
  at("legend").addEventListener("click", (event) => {
    const kind = event.target.closest("button")?.dataset.kind;
    if (!kind) return;
    const out = hidden();
    if (!out.delete(kind)) out.add(kind);
    go({ hidden: [...out].sort().join(",") });
  });
  at("outline").addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const part = document.getElementById(link.dataset.part);
    if (narrow.matches) at("outline-box").open = false;
    part.scrollIntoView({ block: "start" });
    const heading = part.querySelector("h2, h3, h4, h5, h6") ?? part;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
    follow();
  });

  // ------------------------------------------------------------------------- where one reads
  const links = new Map([...at("outline").querySelectorAll("a")].map((link) => [link.dataset.part, link]));
  const sections = [...text.querySelectorAll(".part")];
  let waiting = false;
  const follow = () => {
    waiting = false;
    const line = (narrow.matches ? 0 : main.getBoundingClientRect().top) + 90;
    let current = null;
    const here = chosen.measure ? document.getElementById(chosen.measure.key) : null;
    if (here && inView(here)) current = here.closest(".part");
    else for (const part of sections) {
      if (part.getBoundingClientRect().top > line) break;
      current = part;
    }
    if (!here && main.scrollTop > 0 && main.scrollTop + main.clientHeight >= main.scrollHeight - 2) current = sections.at(-1) ?? null;
    const link = current ? links.get(current.id) : null;
    for (const one of links.values()) if (one !== link) one.removeAttribute("aria-current");
    if (!link || link.hasAttribute("aria-current")) return;
    link.setAttribute("aria-current", "location");
    if (narrow.matches) return;
    const box = link.getBoundingClientRect(), frame = side.getBoundingClientRect();
    if (box.top < frame.top + 40) side.scrollTop += box.top - frame.top - 80;
    else if (box.bottom > frame.bottom - 40) side.scrollTop += box.bottom - frame.bottom + 80;
  };
  document.addEventListener("scroll", (event) => {
    if (event.target === panel || event.target === side || waiting) return;
    waiting = true;
    requestAnimationFrame(follow);
  }, { capture: true, passive: true });

  // ------------------------------------------------------------------------- the state in the address
  const before = {};
  const differs = (key, value) => { const now = JSON.stringify(value); const was = before[key]; before[key] = now; return was !== now; };
  const apply = () => {
    const state = page.address(), tongue = page.language();
    setWords(state.words === "source");
    const out = hidden();
    for (const kind of [...KINDS, "repair"]) text.classList.toggle(`on-${kind}`, !out.has(kind));
    for (const button of at("legend").querySelectorAll("button")) button.setAttribute("aria-pressed", String(!out.has(button.dataset.kind)));
    const want = asked();
    if (differs("filter", [want, tongue])) { fillSelects(want); filter(want); }
    page.tellLacking(lacking(want));
    if (differs("names", tongue))
      for (const unit of units) unit.querySelector(".number").setAttribute("aria-label", titleOf(measures[Number(unit.dataset.m)]));
    const choice = [state.measure, state.at, state.char, state.repair];
    const moved = differs("choice", choice);
    if (differs("panel", [choice, tongue, state.words, page.dark()])) {
      chosen = fromAddress();
      mark();
      renderPanel();
    }
    if (moved) { const node = target(); if (node && !inView(node)) node.scrollIntoView({ block: narrow.matches ? "start" : "center" }); follow(); }
    for (const id of away) at(id).href = `${about[id]}#lang=${tongue}&theme=${page.dark() ? "dark" : "light"}`;
  };
  const fold = () => { for (const id of ["filters", "legend-box", "outline-box"]) at(id).open = !narrow.matches; };
  narrow.addEventListener("change", fold);
  fold();
  for (const id of away) at(id).classList.remove("hidden");
  page.onChange(apply);
  apply();
  follow();
})();
