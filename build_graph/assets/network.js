// The network page. The address holds the state; a change of it filters, counts, draws, and fills the panel.
"use strict";

(() => {
  const { t, make, shown, go } = page;
  const drawing = page.read("drawing");
  const index = page.read("index");
  const NORMS = ["obligation", "prohibition", "permission", "encouragement"];
  const TARGET = NORMS.length;
  const ROLES = ["lead", "support", "responsible"];
  const ALLOCATIONS = ["divided", "joint", "unstated"];
  const BASE = "https://w3id.org/obligation-graph/id/";
  const PALETTE = {
    light: ["#2f6fa3", "#c46a12", "#3c8a4e", "#9a4f96", "#b2433f", "#7b6a1e", "#277f83", "#7a5a3c", "#5a62b5", "#a03f6d"],
    dark: ["#7fb6e3", "#f0a659", "#85cc93", "#d49ad0", "#ee8f8a", "#d2be63", "#71c9cd", "#c9a784", "#a6acf0", "#e590b8"],
  };
  const GREY = { light: "#8a949a", dark: "#8d9aa2" };
  const MOST_AROUND = 80; // measures drawn around one thing
  const MOST_NAMES = 44; // norms whose first words stand in the picture
  const MOST_ROWS = 40; // rows and measures listed before "more"

  // ------------------------------------------------------------------------- what there is

  const bodies = index.bodies.map(([id, label, name, english, others, kind, community], at) =>
    ({ at, id, label, name, english, others, kind, community, group: kind === "Group" }));
  const domains = index.domains.map(([id, name, english], at) => ({ at, id, name, english }));
  const clauses = index.clauses.map(([id, label, document], at) => ({ at, id, label, document }));
  const measures = index.measures.map(([end, clause, allocation, bearings, subjects, norms, due], at) =>
    ({ at, id: clauses[clause].id + end, clause, allocation, bearings, domains: subjects, norms, due, document: clauses[clause].document }));
  const firstOf = [];
  for (const measure of measures) firstOf[measure.document] ??= measure.at;
  const byId = new Map([...bodies, ...domains, ...clauses, ...measures].map((thing) => [thing.id, thing]));
  const edgeOf = new Map(drawing.edges.map((edge) => [edge.from * bodies.length + edge.to, edge.id]));
  const chunks = new Map();

  // The words of a measure; those of a document are taken out of the page when one of them is asked for.
  const details = (measure) => {
    if (index.brief) return { text: "", words: "", open: 0, findings: [], audiences: [] };
    if (!chunks.has(measure.document)) chunks.set(measure.document, page.read(`details-${measure.document}`));
    const [text, words, open, findings, audiences] = chunks.get(measure.document)[measure.at - firstOf[measure.document]];
    return { text, words, open, findings, audiences };
  };

  const find = (kind, words) => words ? byId.get(words) ?? byId.get(`${kind}/${words}`) ?? null : null;
  const among = (things, thing) => things.includes(thing) ? thing : null;
  const short = (thing) => thing ? thing.id.replace(/^(agency|domain)\//, "") : null;
  const zh = () => page.language() === "zh";
  const named = (thing) => zh() || !thing.english ? thing.name || thing.label : thing.english;
  const documentName = (at) => index.documents[at][2] || index.documents[at][1] || index.documents[at][0];
  const clauseName = (clause) => clause.label || clause.id.split("/").slice(2).join("/");
  const kindName = (kind) => index.kinds[kind]?.length ? index.kinds[kind][zh() ? 1 : 0] : t(kind);

  // ------------------------------------------------------------------------- state and filter

  const stateOf = (asked) => ({
    agency: among(bodies, find("agency", asked.agency)), partner: among(bodies, find("agency", asked.partner)), clause: among(clauses, find("document", asked.clause)),
    measure: among(measures, find("document", asked.measure)), domain: among(domains, find("domain", asked.domain)), norm: NORMS.indexOf(asked.norm),
    kind: asked.kind in index.kinds ? asked.kind : null, role: ROLES.indexOf(asked.role), allocation: ALLOCATIONS.indexOf(asked.allocation),
    document: index.documents.findIndex(([id, number]) => asked.document && (id === asked.document || number === asked.document)),
    weight: Math.max(1, Math.floor(Number(asked.weight)) || 1), groups: asked.groups === "1" || find("agency", asked.agency)?.group || false,
    colour: asked.colour === "kind" ? "kind" : "community", around: asked.around ? byId.get(asked.around) ?? find("agency", asked.around) ?? find("domain", asked.around) : null,
  });

  // What the address names and the page does not hold; what kind of thing each is to be, by the key of its word.
  const NAMED = { agency: "agency", partner: "agency", clause: "lacked_clause", measure: "lacked_measure", domain: "domain", norm: "norm", kind: "kind",
    role: "role", allocation: "allocation", document: "document", around: "lacked_thing" };
  const lacking = (asked) => Object.entries(NAMED).filter(([name]) => asked[name] && (state[name] === null || state[name] < 0)).map(([name, kind]) => [kind, asked[name]]);
  const isNarrowed = () => Object.keys(NAMED).some((name) => state[name] !== null && !(state[name] < 0)) || state.weight > 1;

  const passes = (measure, state) =>
    (state.document < 0 || measure.document === state.document) && (!state.domain || measure.domains.includes(state.domain.at)) &&
    (state.norm < 0 || measure.norms >> state.norm & 1) && (state.allocation < 0 || measure.allocation === state.allocation);

  // The bodies that bear a measure and are to be counted, each once, smaller numbers first.
  const counted = (measure, state) => {
    const found = [];
    for (const [body, role] of measure.bearings) {
      if ((state.role < 0 || role === state.role) && (state.groups || !bodies[body].group) && (!state.kind || bodies[body].kind === state.kind)) found.push(body);
    }
    return found.length > 1 ? [...new Set(found)].sort((a, b) => a - b) : found;
  };

  const narrows = (state) => state.role >= 0 || state.kind !== null;

  // What is left under the filters: measures, how many each body bears, how many each pair shares.
  const filtered = (state) => {
    const left = { measures: [], borne: new Map(), pairs: new Map() };
    for (const measure of measures) {
      if (!passes(measure, state)) continue;
      const found = counted(measure, state);
      if (!found.length && narrows(state)) continue;
      left.measures.push(measure);
      for (let i = 0; i < found.length; i++) {
        left.borne.set(found[i], (left.borne.get(found[i]) ?? 0) + 1);
        for (let j = i + 1; j < found.length; j++) {
          const key = found[i] * bodies.length + found[j];
          left.pairs.set(key, (left.pairs.get(key) ?? 0) + 1);
        }
      }
    }
    for (const [key, count] of left.pairs) if (count < state.weight) left.pairs.delete(key);
    if (state.weight > 1) {
      const tied = new Set([...left.pairs.keys()].flatMap((key) => ends(key)));
      for (const body of left.borne.keys()) if (!tied.has(body)) left.borne.delete(body);
    }
    return left;
  };

  const ends = (key) => [Math.floor(key / bodies.length), key % bodies.length];
  const sharedBy = (left, one, other) => left.pairs.get(Math.min(one, other) * bodies.length + Math.max(one, other)) ?? 0;
  const bears = (measure, body, state) => measure.bearings.some(([at, role]) => at === body.at && (state.role < 0 || role === state.role));

  // ------------------------------------------------------------------------- the picture

  const size = (count) => Math.round((6 + 3.6 * Math.sqrt(count)) * 10) / 10; // as network.py has it
  const letters = (count) => count < 10 ? 14 : 18; // two sizes: each one more takes a browser ten milliseconds
  const width = (count) => Math.round((0.4 + 1.1 * Math.sqrt(count)) * 10) / 10;
  const theme = () => page.dark() ? "dark" : "light";
  const kinds = Object.keys(index.kinds);
  const colourOf = (body, state) => {
    const number = state.colour === "kind" ? kinds.indexOf(body.kind) : body.community - 1;
    return number < 0 ? GREY[theme()] : PALETTE[theme()][number % PALETTE[theme()].length];
  };
  // The page's colours, read once for each theme: asking for a style is slow.
  const colours = {};
  const colour = (name) => (colours[theme()] ??= Object.fromEntries(["ink", "paper", "accent", ...NORMS, "target"]
    .map((one) => [one, getComputedStyle(document.documentElement).getPropertyValue(`--${one}`).trim()])))[name];
  const ink = () => colour("ink"), paper = () => colour("paper"), accent = () => colour("accent"), kindColour = colour;
  const lineColour = () => page.dark() ? "rgba(170,190,200,0.42)" : "rgba(70,92,105,0.38)";
  const thinLine = () => page.dark() ? "rgba(170,190,200,0.22)" : "rgba(80,100,112,0.2)";
  const faintLine = () => page.dark() ? "rgba(170,190,200,0.07)" : "rgba(80,100,112,0.07)";

  // How each node and edge is to look.
  const nodeLook = (body, state, left, near) => {
    const count = left.borne.get(body.at) ?? 0;
    const fill = colourOf(body, state);
    const selected = body === state.agency || body === state.partner;
    return { hidden: !count, size: size(count), font: { size: letters(count) }, opacity: near && !near.has(body.at) ? 0.18 : 1, borderWidth: selected ? 4 : 1,
      color: { background: fill, border: selected ? ink() : fill } };
  };
  const edgeLook = (edge, state, left, near) => {
    const count = left.pairs.get(edge.from * bodies.length + edge.to) ?? 0;
    const on = near && state.agency && [edge.from, edge.to].includes(state.agency.at) && (!state.partner || [edge.from, edge.to].includes(state.partner.at));
    return { hidden: !count, width: width(count), color: { color: on ? accent() : near ? faintLine() : lineColour(), opacity: 1 } };
  };
  // The selected body and its partners; null where nothing is selected.
  const nearOf = (state, left) => {
    if (!state.agency) return null;
    if (state.partner) return new Set([state.agency.at, state.partner.at]);
    return new Set([state.agency.at, ...[...left.pairs.keys()].map(ends).filter((pair) => pair.includes(state.agency.at)).flat()]);
  };

  const { only } = index; // the document and the domain that the page was narrowed to, where it was
  page.take([...Object.keys(NAMED).filter((name) => !only[name]), "weight", "groups", "colour"]);
  let state = stateOf(page.address());
  let left = filtered(state);
  const looks = new Map();
  const remember = (key, look) => {
    const text = JSON.stringify(look);
    const fresh = looks.get(key) !== text;
    looks.set(key, text);
    return fresh;
  };
  const start = nearOf(state, left);
  // What is as the options have it is left out at first: vis-network reads each attribute of each node anew.
  const nodes = new vis.DataSet(drawing.nodes.map((node) => {
    const whole = nodeLook(bodies[node.id], state, left, start);
    const { hidden, font, opacity, borderWidth, ...look } = whole;
    remember(`n${node.id}`, whole);
    return { ...node, ...look, ...(hidden && { hidden }), ...(font.size !== letters(0) && { font }), ...(opacity < 1 && { opacity }), ...(borderWidth > 1 && { borderWidth }) };
  }));
  const edges = new vis.DataSet(drawing.edges.map((edge) => {
    const whole = edgeLook(edge, state, left, start);
    const { hidden, color, ...look } = whole;
    remember(`e${edge.id}`, whole);
    return { ...edge, ...look, ...(hidden && { hidden }), ...(start && { color }) };
  }));
  const fonts = () => ({ color: ink(), face: "Noto Sans SC, PingFang SC, Microsoft YaHei, WenQuanYi Zen Hei, Noto Sans CJK SC, sans-serif", size: 14, background: page.dark() ? "rgba(20,25,28,0.66)" : "rgba(255,255,255,0.7)" });
  const options = () => ({
    physics: false, layout: { improvedLayout: false }, autoResize: true,
    nodes: { shape: "dot", font: fonts(), chosen: false },
    edges: { smooth: false, chosen: false, selectionWidth: 0, hoverWidth: 0, color: { color: lineColour(), opacity: 1 } },
    interaction: { hover: false, keyboard: { enabled: true, bindToWindow: false }, hideEdgesOnDrag: drawing.edges.length > 3000, tooltipDelay: 150, multiselect: false, selectConnectedEdges: false },
  });
  const container = document.getElementById("graph");
  const everything = { nodes, edges };
  const network = new vis.Network(container, everything, options());
  page.network = network; // for whoever opens the browser's console
  const visible = () => nodes.get({ filter: (node) => !node.hidden }).map((node) => node.id);
  // All of it within the frame, with room for names at the rim.
  const fit = () => {
    network.fit({ nodes: around ? around.nodes.getIds() : visible(), animation: false, maxZoomLevel: 1.4 });
    network.moveTo({ scale: network.getScale() * 0.96, animation: false });
  };
  let around = null; // what is drawn around one thing, or null for all bodies
  fit();
  network.once("afterDrawing", () => {
    performance.mark("drawn");
    document.body.classList.remove("starting"); // words and controls come once the picture is there
    setTimeout(begin, 0);
  });

  // Bring the picture in line with the state: only what looks different is touched.
  const redraw = () => {
    const near = nearOf(state, left);
    const changedNodes = [], changedEdges = [];
    for (const body of bodies) {
      const look = nodeLook(body, state, left, near);
      if (remember(`n${body.at}`, look)) changedNodes.push({ id: body.at, ...look });
    }
    for (const edge of drawing.edges) {
      const look = edgeLook(edge, state, left, near);
      if (remember(`e${edge.id}`, look)) changedEdges.push({ id: edge.id, ...look });
    }
    edges.updateOnly(changedEdges);
    nodes.updateOnly(changedNodes);
  };

  // ------------------------------------------------------------------------- around one thing

  const moved = new Map(); // where nodes were dragged to in pictures around a thing

  const measuresAround = (thing) => left.measures.filter((measure) =>
    bodies.includes(thing) ? bears(measure, thing, state) : domains.includes(thing) ? measure.domains.includes(thing.at)
      : measure.id.startsWith(`${thing.id}/`) || measure === thing);

  const SHAPES = { prohibition: "square", permission: "triangle", encouragement: "star", obligation: "dot" };

  // The nodes and edges around a thing: measures on a ring, their norms and targets outside, then what they share.
  const madeAround = (thing) => {
    const all = measuresAround(thing), drawn = all.slice(0, MOST_AROUND);
    const found = { nodes: [], edges: [], all: all.length, drawn: drawn.length };
    const add = (id, label, x, y, look) => found.nodes.push({ id, label: shown(label), x: Math.round(x), y: Math.round(y), ...look, ...moved.get(`${thing.id} ${id}`) });
    const tie = (from, to, look = {}) => found.edges.push({ id: found.edges.length, from, to, color: { color: lineColour() }, ...look });
    const brief = (text, length) => [...text].length > length ? `${[...text].slice(0, length).join("")}…` : text;
    const leaves = drawn.map((measure) => details(measure).findings);
    const room = (some) => Math.max(some.length, 2);
    const total = leaves.reduce((sum, some) => sum + room(some), 0), names = total <= MOST_NAMES;
    const ring = Math.max(190, drawn.length * 70 / (2 * Math.PI)), outer = Math.max(ring + 130, total * (names ? 60 : 20) / (2 * Math.PI)), last = outer + (names ? 150 : 90);
    const shared = new Map(); // other bodies, domains and target groups: their measures' angles
    add(thing.id, thing.label ?? named(thing), 0, 0, { shape: "ellipse", color: { background: accent(), border: ink() }, font: { color: paper(), strokeWidth: 0, size: 18 }, margin: 10 });
    let slot = 0;
    drawn.forEach((measure, at) => {
      const some = leaves[at], text = [...details(measure).text];
      const angle = (slot + room(some) / 2) / total * 2 * Math.PI - Math.PI / 2;
      add(measure.id, `${clauseName(clauses[measure.clause]).match(/^[（(]?[一二三四五六七八九十百\d]+[）)、.．]?/)?.[0] ?? ""} ${measure.id.split("/").pop()}`.trim(),
        ring * Math.cos(angle), ring * Math.sin(angle), { shape: "box", color: { background: paper(), border: ink() }, font: { color: ink(), size: 13, strokeWidth: 0 } });
      tie(thing.id, measure.id, { width: 2 });
      some.forEach(([kind, from, to], leaf) => {
        const turn = (slot + leaf + (room(some) - some.length + 1) / 2) / total * 2 * Math.PI - Math.PI / 2, name = NORMS[kind] ?? "target";
        add(`${measure.id} ${leaf}`, names ? brief(text.slice(from, to).join(""), 7) : "", outer * Math.cos(turn), outer * Math.sin(turn),
          { shape: SHAPES[name] ?? "diamond", size: 8, title: shown(`${t(name)}: ${text.slice(from, to).join("")}`), color: { background: kindColour(name), border: kindColour(name) }, font: { color: ink(), size: 11, strokeWidth: 2, strokeColor: paper() } });
        tie(measure.id, `${measure.id} ${leaf}`, { dashes: name === "permission" || name === "encouragement" });
      });
      slot += room(some);
      const others = [...counted(measure, state).map((body) => bodies[body]), ...measure.domains.map((domain) => domains[domain])].filter((other) => other !== thing);
      for (const other of [...others.map((one) => one.id), ...details(measure).audiences.map((name) => `group ${name}`)]) {
        if (!shared.has(other)) shared.set(other, []);
        shared.get(other).push([angle, measure.id]);
      }
    });
    const middle = (angles) => Math.atan2(angles.reduce((sum, [a]) => sum + Math.sin(a), 0), angles.reduce((sum, [a]) => sum + Math.cos(a), 0));
    [...shared].map(([id, angles]) => [id, angles, middle(angles)]).sort((a, b) => a[2] - b[2]).forEach(([id, angles], at, every) => {
      const other = byId.get(id), place = every[0][2] + at / every.length * 2 * Math.PI;
      const far = Math.max(last, every.length * 52 / (2 * Math.PI)) + (at % 2) * 50;
      const look = !other ? { shape: "triangleDown", color: GREY[theme()] } : domains.includes(other) ? { shape: "hexagon", color: kindColour("target") }
        : { shape: "dot", color: colourOf(other, state) };
      add(id, other ? other.label ?? named(other) : id.slice(6), far * Math.cos(place), far * Math.sin(place), { size: 10, ...look });
      for (const [, measure] of angles) tie(measure, id, { color: { color: thinLine() }, width: 1 });
    });
    return found;
  };

  const showAround = (thing) => {
    const made = madeAround(thing);
    around = { thing, nodes: new vis.DataSet(made.nodes), edges: new vis.DataSet(made.edges) };
    network.setData({ nodes: around.nodes, edges: around.edges });
    const note = document.getElementById("narrow");
    note.hidden = made.drawn === made.all;
    note.textContent = t("narrow", made.drawn, made.all);
    fit();
  };

  const showAll = () => {
    document.getElementById("narrow").hidden = true;
    if (!around) return;
    around = null;
    network.setData(everything);
    fit();
  };

  // ------------------------------------------------------------------------- the panel

  const panel = document.getElementById("panel");
  const choose = (changes) => go({ agency: null, partner: null, clause: null, measure: null, ...changes }, { push: true });
  const press = (label, pressed, attributes = {}) => make("button", { type: "button", onclick: pressed, ...attributes }, label);
  const link = (label, pressed) => press(label, pressed, { class: "plain" });
  const bodyButton = (body, count) => press(body.label, () => choose({ agency: short(body) }), { class: "chip", title: shown(named(body)) });

  const copy = (id) => press(t("copy"), async (event) => {
    const button = event.currentTarget, iri = id.includes("://") ? id : BASE + id;
    try {
      await navigator.clipboard.writeText(iri);
    } catch { // from disk some browsers give no clipboard: select the words instead
      getSelection().selectAllChildren(button.parentElement.querySelector(".iri"));
      document.execCommand("copy");
    }
    button.textContent = t("copied");
    setTimeout(() => { button.textContent = t("copy"); }, 1500);
  }, { class: "plain" });
  const iri = (id) => make("p", {}, make("span", { class: "iri" }, id.includes("://") ? id : BASE + id), " ", copy(id));

  // A list that shows its first rows, and the others on demand.
  const listed = (rows, row, into) => {
    let next = 0;
    const more = press("", () => fill(MOST_ROWS * 5), { class: "plain" });
    const fill = (count) => {
      into.append(...rows.slice(next, next + count).map(row));
      next = Math.min(rows.length, next + count);
      more.hidden = next >= rows.length;
      more.textContent = t("more", rows.length - next);
    };
    fill(MOST_ROWS);
    return [into, more];
  };

  // The words of a measure, its norms and targets marked; where they overlap, the first one counts.
  const marked = ({ text, findings }) => {
    const chars = [...text], parts = [];
    let at = 0;
    for (const [kind, from, to, due] of findings) {
      if (from < at) continue;
      parts.push(chars.slice(at, from).join(""));
      const name = NORMS[kind] ?? "target";
      parts.push(make("mark", { class: name, title: due ? `${t(name)}, ${t("due", due)}` : t(name) }, chars.slice(from, to).join("")));
      at = to;
    }
    return make("p", { class: "words", lang: "zh-CN" }, parts, chars.slice(at).join(""));
  };

  const bearer = ([body, role, inferred]) => make("span", {}, bodyButton(bodies[body]),
    role === 2 ? null : make("span", { class: "tag" }, t(ROLES[role])), inferred ? make("span", { class: "tag" }, t("inferred")) : null);

  const article = (measure) => {
    const words = details(measure), clause = clauses[measure.clause], [document, , , , reader] = index.documents[measure.document];
    const place = `${reader}#measure=${encodeURIComponent(measure.id.slice(document.length + 1)).replace(/%2F/g, "/")}&lang=${page.language()}`;
    return make("article", { "data-measure": measure.id },
      make("h4", { lang: "zh-CN" }, link(clauseName(clause), () => choose({ clause: clause.id })), index.documents.length > 1 ? make("span", { class: "faint" }, ` ${documentName(measure.document)}`) : null),
      marked(words),
      make("div", { class: "row" }, measure.bearings.length ? measure.bearings.map(bearer) : make("span", { class: "faint" }, t("nobody"))),
      make("div", { class: "row meta" }, measure.allocation >= 0 ? make("span", { class: "tag" }, t(ALLOCATIONS[measure.allocation])) : null,
        words.open ? make("span", { class: "tag" }, t("open")) : null, measure.due ? make("span", { class: "tag" }, t("due", measure.due)) : null,
        measure.domains.map((domain) => link(named(domains[domain]), () => go({ domain: short(domains[domain]) }, { push: true })))),
      words.audiences.length ? make("p", { class: "meta" }, `${t("for")}: `, make("span", { class: "words", lang: "zh-CN" }, words.audiences.join("、"))) : null,
      reader ? make("p", { class: "meta" }, make("a", { href: place }, t("read"))) : null,
      iri(measure.id));
  };

  const articles = (title, some) => [make("h3", {}, t(title, some.length)), ...listed(some, article, make("div"))];

  const tableOf = (heads, rows, row) => {
    const body = make("tbody");
    const [, more] = listed(rows, row, body);
    return [make("table", {}, make("thead", {}, make("tr", {}, heads.map(([head, number]) => make("th", { scope: "col", class: number ? "number" : null }, t(head))))), body), more];
  };
  const line = (label, pressed, ...figures) => make("tr", {}, make("td", { lang: "zh-CN" }, link(label, pressed)), figures.map((figure) => make("td", { class: "number" }, figure)));
  const pairsOf = (body) => [...left.pairs].map(([key, count]) => [...ends(key), count]).filter(([one, other]) => !body || one === body.at || other === body.at)
    .sort((a, b) => b[2] - a[2] || a[0] - b[0] || a[1] - b[1]);

  const overview = () => {
    const partners = new Map();
    for (const key of left.pairs.keys()) for (const body of ends(key)) partners.set(body, (partners.get(body) ?? 0) + 1);
    const rows = [...left.borne].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
    if (!left.measures.length || !rows.length) return [make("p", {}, t("nothing"))];
    const said = state.domain ? [make("h2", {}, named(state.domain)), iri(state.domain.id), aroundButton(state.domain)] : [];
    return [...said, make("h2", {}, t("agencies")),
      ...tableOf([["body"], ["measures", true], ["partners", true]], rows, ([at, count]) => line(bodies[at].label, () => choose({ agency: short(bodies[at]) }), String(count), String(partners.get(at) ?? 0))),
      make("h2", { class: "second" }, t("pairs")),
      ...tableOf([["pair"], ["shared", true]], pairsOf(null), ([one, other, count]) => line(`${bodies[one].label} – ${bodies[other].label}`, () => choose({ agency: short(bodies[one]), partner: short(bodies[other]) }), String(count))),
      ...(narrowed() ? articles("measures_of", left.measures) : [])];
  };
  const narrowed = () => state.domain || state.norm >= 0 || state.allocation >= 0 || state.role >= 0;

  const back = () => press(t("show_all"), () => choose({ around: null }));
  const aroundButton = (thing) => make("div", { class: "row" }, back(), press(t("around"), () => go({ around: thing.id }, { push: true }), { "aria-pressed": String(state.around === thing) }));

  const ofBody = (body) => {
    const borne = left.measures.filter((measure) => bears(measure, body, state));
    const names = [body.name, body.english, ...body.others].filter((name, at, every) => name && every.indexOf(name) === at);
    return [make("h2", { lang: "zh-CN" }, body.label), make("p", { class: "faint" }, [...names.filter((name) => name !== body.label), kindName(body.kind)].join(" · ")), iri(body.id), aroundButton(body),
      make("h3", {}, t("partners")), make("div", { class: "row" }, pairsOf(body).map(([one, other, count]) => {
        const partner = bodies[one === body.at ? other : one];
        return press(`${partner.label} ${count}`, () => choose({ agency: short(body), partner: short(partner) }), { class: "chip" });
      })),
      ...articles("measures_of", borne)];
  };

  const ofPair = (one, other) => {
    const both = left.measures.filter((measure) => bears(measure, one, state) && bears(measure, other, state));
    return [make("h2", {}, `${one.label} – ${other.label}`), make("div", { class: "row" }, back(), bodyButton(one), bodyButton(other)), ...articles("shared_by", both)];
  };

  const ofClause = (clause) => [make("h2", { lang: "zh-CN" }, clauseName(clause)), make("p", { class: "faint" }, documentName(clause.document)), iri(clause.id), aroundButton(clause),
    ...articles("measures_of", measures.filter((measure) => measure.clause === clause.at))];

  const ofMeasure = (measure) => [make("h2", { lang: "zh-CN" }, clauseName(clauses[measure.clause])), aroundButton(clauses[measure.clause]), article(measure)];

  const listedMeasures = () => state.measure ? [state.measure] : state.clause ? measures.filter((measure) => measure.clause === state.clause.at)
    : left.measures.filter((measure) => (!state.agency || bears(measure, state.agency, state)) && (!state.partner || bears(measure, state.partner, state)));

  const fillPanel = () => {
    const parts = state.measure ? ofMeasure(state.measure) : state.clause ? ofClause(state.clause) : state.agency && state.partner ? ofPair(state.agency, state.partner)
      : state.agency ? ofBody(state.agency) : overview();
    panel.replaceChildren(...parts);
    panel.scrollTop = 0;
  };

  // ------------------------------------------------------------------------- filters, legend, counts

  const fields = ["domain", "norm", "kind", "role", "allocation", "document", "colour"];
  const choices = () => ({
    domain: domains.map((domain) => [short(domain), named(domain)]).sort((a, b) => a[1].localeCompare(b[1], page.language())),
    norm: NORMS.map((name) => [name, t(name)]), role: ROLES.map((name) => [name, t(name)]), allocation: ALLOCATIONS.map((name) => [name, t(name)]),
    kind: kinds.map((kind) => [kind, kindName(kind)]), document: index.documents.map(([id], at) => [id, documentName(at)]), colour: [["kind", t("by_kind")]],
  });
  const fillFields = () => {
    const every = choices();
    for (const name of fields) {
      const select = document.getElementById(name);
      const first = make("option", { value: "" }, name === "colour" ? t("by_community") : name === "domain" && only.domain ? t("all_of", named(byId.get(only.domain))) : t("all"));
      select.replaceChildren(first, ...every[name].map(([value, label]) => make("option", { value }, label)));
      if (name === "document") select.parentElement.hidden = index.documents.length < 2;
    }
  };
  const setFields = () => {
    const asked = page.address(), unknown = lacking(asked).map(([, name]) => name);
    const values = { domain: short(state.domain), document: index.documents[state.document]?.[0] };
    for (const name of fields) document.getElementById(name).value = values[name] ?? (unknown.includes(asked[name]) ? "" : asked[name] ?? "");
    document.getElementById("weight").value = state.weight;
    document.getElementById("groups").checked = state.groups;
  };

  const circle = (colour) => {
    const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const dot = document.createElementNS("http://www.w3.org/2000/svg", "circle");
    for (const [name, value] of [["width", 12], ["height", 12], ["aria-hidden", "true"]]) picture.setAttribute(name, value);
    for (const [name, value] of [["cx", 6], ["cy", 6], ["r", 5], ["fill", colour]]) dot.setAttribute(name, value);
    picture.append(dot);
    return picture;
  };
  const fillLegend = () => {
    const seen = bodies.filter((body) => left.borne.has(body.at)).sort((a, b) => (left.borne.get(b.at) - left.borne.get(a.at)) || a.at - b.at);
    const entries = new Map();
    for (const body of seen) {
      const key = state.colour === "kind" ? body.kind : body.community;
      if (!entries.has(key)) entries.set(key, []);
      entries.get(key).push(body);
    }
    const label = (key, some) => state.colour === "kind" ? kindName(key) : key ? t("community", key, `${some.slice(0, 3).map((body) => body.label).join("、")}${some.length > 3 ? "…" : ""}`) : t("no_community");
    const rows = [...entries].sort((a, b) => (a[0] === 0) - (b[0] === 0) || b[1].length - a[1].length).slice(0, innerWidth < 720 ? 3 : 8)
      .map(([key, some]) => make("li", {}, circle(colourOf(some[0], state)), make("span", {}, label(key, some))));
    const norms = () => [...NORMS, "target"].map((name) => make("li", {}, circle(kindColour(name)), make("span", {}, t(name))));
    document.getElementById("legend").replaceChildren(make("ul", {}, around ? norms() : rows), make("span", { class: "faint" }, t(around ? "legend_around" : "legend_size")));
  };
  const setCounts = () => {
    const number = (value) => value.toLocaleString("en-US");
    document.getElementById("counts").textContent = t("counts", number(left.measures.length), number(measures.length), number(left.borne.size), number(left.pairs.size));
  };

  // ------------------------------------------------------------------------- search

  const plain = (text) => text.normalize("NFKC").toLowerCase().replace(/\s+/g, "");
  let known = null;
  const things = () => known ??= [
    ...bodies.map((body) => ({ thing: body, names: [body.label, body.name, body.english, ...body.others, body.id], weight: 0 })),
    ...domains.map((domain) => ({ thing: domain, names: [domain.name, domain.english, domain.id], weight: 1 })),
    ...clauses.map((clause) => ({ thing: clause, names: [clauseName(clause)], weight: 2 })),
  ].map((entry) => ({ ...entry, names: entry.names.filter(Boolean).map(plain) }));
  const matches = (words) => {
    const wanted = plain(words);
    if (!wanted) return [];
    const score = ({ names, weight }) => Math.min(...names.map((name) => name === wanted ? 0 : name.startsWith(wanted) ? 1 : name.includes(wanted) ? 2 : 9)) * 10 + weight;
    return things().map((entry) => [score(entry), entry.thing]).filter(([points]) => points < 90).sort((a, b) => a[0] - b[0] || a[1].at - b[1].at).slice(0, 12).map(([, thing]) => thing);
  };
  const search = document.getElementById("search"), results = document.getElementById("found");
  let hits = [], active = -1;
  const showHits = () => {
    results.hidden = !hits.length;
    search.setAttribute("aria-expanded", String(hits.length > 0));
    results.replaceChildren(...hits.map((thing, at) => make("li", { id: `hit-${at}`, role: "option", "aria-selected": String(at === active), onmousedown: (event) => { event.preventDefault(); take(thing); } },
      thing.label && !clauses.includes(thing) ? thing.label : clauses.includes(thing) ? clauseName(thing) : named(thing),
      make("small", {}, bodies.includes(thing) ? [thing.english, kindName(thing.kind)].filter(Boolean).join(" · ") : clauses.includes(thing) ? `${t("clause")} ${index.documents.length > 1 ? documentName(thing.document) : ""}` : t("node_domain")))));
    if (active >= 0) search.setAttribute("aria-activedescendant", `hit-${active}`);
    else search.removeAttribute("aria-activedescendant");
    results.children[active]?.scrollIntoView({ block: "nearest" });
  };
  const take = (thing) => {
    hits = [], active = -1, search.value = "";
    showHits();
    if (domains.includes(thing)) go({ domain: short(thing), agency: null, partner: null, clause: null, measure: null }, { push: true });
    else if (clauses.includes(thing)) choose({ clause: thing.id });
    else choose({ agency: short(thing) });
  };
  search.addEventListener("input", () => { hits = matches(search.value), active = hits.length ? 0 : -1; showHits(); });
  search.addEventListener("blur", () => { hits = [], active = -1; showHits(); });
  search.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!hits.length) return;
      active = (active + (event.key === "ArrowDown" ? 1 : hits.length - 1)) % hits.length;
      showHits();
    } else if (event.key === "Enter" && hits[active]) take(hits[active]);
    else if (event.key === "Escape") { hits = [], active = -1, search.value = ""; showHits(); }
    else return;
    event.preventDefault();
  });

  // ------------------------------------------------------------------------- to be saved

  const picture = () => {
    const canvas = container.querySelector("canvas"), copyOf = document.createElement("canvas");
    copyOf.width = canvas.width, copyOf.height = canvas.height;
    const brush = copyOf.getContext("2d");
    brush.fillStyle = paper();
    brush.fillRect(0, 0, copyOf.width, copyOf.height);
    brush.drawImage(canvas, 0, 0);
    return copyOf;
  };
  const xml = (text) => shown(text).replace(/[<>&"']/g, (char) => `&#${char.charCodeAt(0)};`);
  // The whole picture as SVG, in the coordinates of the nodes.
  const asSvg = () => {
    const set = around ?? everything, places = network.getPositions();
    const drawn = set.nodes.get({ filter: (node) => !node.hidden }), ids = new Set(drawn.map((node) => node.id));
    const pad = 60, xs = drawn.map((node) => places[node.id].x), ys = drawn.map((node) => places[node.id].y);
    const low = [Math.min(...xs) - pad, Math.min(...ys) - pad], high = [Math.max(...xs) + pad, Math.max(...ys) + pad];
    const lines = set.edges.get({ filter: (edge) => !edge.hidden && ids.has(edge.from) && ids.has(edge.to) }).map(({ from, to, width: wide = 1, color }) =>
      `<line x1="${places[from].x}" y1="${places[from].y}" x2="${places[to].x}" y2="${places[to].y}" stroke="${xml(color?.color ?? lineColour())}" stroke-width="${wide}"/>`);
    const dots = drawn.map((node) => {
      const { x, y } = places[node.id], radius = node.size ?? 12, fill = typeof node.color === "string" ? node.color : node.color?.background;
      return `<circle cx="${x}" cy="${y}" r="${radius}" fill="${xml(fill)}" opacity="${node.opacity ?? 1}"/>` +
        `<text x="${x}" y="${y + radius + 16}" text-anchor="middle" opacity="${node.opacity ?? 1}">${xml(node.label)}</text>`;
    });
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${low[0]} ${low[1]} ${high[0] - low[0]} ${high[1] - low[1]}" width="${high[0] - low[0]}" height="${high[1] - low[1]}" ` +
      `font-family="Noto Sans SC, PingFang SC, Microsoft YaHei, WenQuanYi Zen Hei, sans-serif" font-size="14" fill="${xml(ink())}"><rect x="${low[0]}" y="${low[1]}" width="100%" height="100%" fill="${xml(paper())}"/>${lines.join("")}${dots.join("")}</svg>`;
  };
  const rows = () => [["measure", "document", "clause", "text", "bearers", "roles", "allocation", "due", "domains", "norms", "iri"],
    ...listedMeasures().map((measure) => {
      const words = details(measure);
      return [measure.id.split("/").pop(), documentName(measure.document), clauseName(clauses[measure.clause]), words.text, measure.bearings.map(([body]) => bodies[body].name || bodies[body].label).join("、"),
        measure.bearings.map(([, role]) => ROLES[role]).join("、"), ALLOCATIONS[measure.allocation] ?? "", measure.due, measure.domains.map((domain) => domains[domain].name).join("、"),
        words.findings.filter(([kind]) => kind < TARGET).map(([kind, from, to]) => `${NORMS[kind]}: ${[...words.text].slice(from, to).join("")}`).join("；"), BASE + measure.id];
    })];

  // ------------------------------------------------------------------------- coming to life

  let filteredBy = "";
  const update = (asked) => {
    state = stateOf(asked);
    const filter = JSON.stringify([state.domain?.at, state.norm, state.kind, state.role, state.allocation, state.document, state.weight, state.groups]);
    if (filter !== filteredBy) left = filtered(state);
    const spoken = `${page.language()} ${page.dark()}`;
    if (update.spoken !== spoken) {
      if (update.spoken?.split(" ")[1] !== String(page.dark())) network.setOptions({ nodes: { font: fonts() } });
      if (update.spoken?.split(" ")[0] !== page.language()) fillFields();
    }
    const aroundNow = `${state.around?.id} ${filter} ${spoken} ${state.colour}`;
    if (!state.around) { redraw(); showAll(); }
    else if (update.around !== aroundNow) { redraw(); showAround(state.around); }
    update.around = aroundNow, update.spoken = spoken, filteredBy = filter;
    document.getElementById("all").setAttribute("aria-pressed", String(!state.around));
    document.getElementById("around").setAttribute("aria-pressed", String(!!state.around));
    document.getElementById("around").disabled = !aroundWhat();
    setFields(), setCounts(), fillLegend(), fillPanel();
    page.tellLacking(lacking(asked), isNarrowed() ? "shows_the_rest" : "shows_everything");
  };
  const aroundWhat = () => state.around ?? (state.measure ? clauses[state.measure.clause] : state.clause ?? state.agency ?? state.domain);

  const clicked = ({ nodes: [node], edges: [edge] }) => {
    if (around) {
      const thing = byId.get(String(node).split(" ")[0]);
      if (bodies.includes(thing)) choose({ agency: short(thing) });
      else if (domains.includes(thing)) go({ domain: short(thing) }, { push: true });
      else if (measures.includes(thing)) choose({ measure: thing.id });
      else if (clauses.includes(thing)) choose({ clause: thing.id });
      return;
    }
    if (node !== undefined) choose({ agency: short(bodies[node]) });
    else if (edge !== undefined) choose({ agency: short(bodies[drawing.edges[edge].from]), partner: short(bodies[drawing.edges[edge].to]) });
    else if (state.agency) choose({});
  };
  const dropped = ({ nodes: ids }) => {
    const places = network.getPositions(ids);
    for (const id of ids) {
      if (around) moved.set(`${around.thing.id} ${id}`, places[id]), around.nodes.updateOnly({ id, ...places[id] });
      else nodes.updateOnly({ id, ...places[id] });
    }
  };

  const begin = () => {
    network.on("click", clicked);
    network.on("dragEnd", dropped);
    network.on("doubleClick", ({ nodes: [node] }) => { if (!around && node !== undefined) go({ agency: short(bodies[node]), around: bodies[node].id }, { push: true }); });
    for (const name of fields) document.getElementById(name).addEventListener("change", (event) => go({ [name]: event.target.value }, { push: true }));
    document.getElementById("weight").addEventListener("change", (event) => go({ weight: event.target.value > 1 ? event.target.value : null }, { push: true }));
    document.getElementById("groups").addEventListener("change", (event) => go({ groups: event.target.checked ? "1" : null }, { push: true }));
    document.getElementById("reset").addEventListener("click", () => go(Object.fromEntries([...fields, "weight", "groups", "agency", "partner", "clause", "measure", "around"].map((name) => [name, null])), { push: true }));
    document.getElementById("fit").addEventListener("click", fit);
    document.getElementById("all").addEventListener("click", () => go({ around: null }, { push: true }));
    document.getElementById("around").addEventListener("click", () => go({ around: aroundWhat()?.id }, { push: true }));
    document.getElementById("png").addEventListener("click", () => picture().toBlob((blob) => page.save("network.png", blob), "image/png"));
    document.getElementById("svg").addEventListener("click", () => page.save("network.svg", new Blob([asSvg()], { type: "image/svg+xml" })));
    document.getElementById("csv").addEventListener("click", () => page.saveCsv("measures.csv", rows()));
    document.addEventListener("keydown", (event) => {
      if (event.key === "/" && !/^(input|select|textarea)$/i.test(event.target.tagName)) { event.preventDefault(); search.focus(); }
    });
    if (innerWidth <= 1150) document.getElementById("filters").open = false;
    document.getElementById("weight").max = Math.max(1, ...left.pairs.values());
    page.onChange(update);
    update(page.address());
    fit(); // the legend has taken its room by now
    performance.mark("ready");
  };
})();
