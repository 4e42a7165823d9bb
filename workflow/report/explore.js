// The page of results: its two parts are drawn from the data in it. Texts go in as text nodes, never as HTML.
"use strict";

// What the page was written with: JSON, compressed, in Base64.
async function unpacked(id) {
  const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), letter => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).json();
}

let data, lineRows, seedRows, sparsities;

// Elements

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function checkbox(value, text, checked) {
  const box = element("input", { type: "checkbox", value });
  box.checked = checked;
  return element("label", {}, box, ` ${text}`);
}

// Add checkboxes to a set of fields; choices: [value, text, whether it is checked].
function addChoices(id, choices, title = "", several = false) {
  const box = element("div", several ? { class: "several" } : {});
  box.append(...choices.map(choice => checkbox(...choice)));
  const set = document.getElementById(id);
  if (title) {
    const heading = element("h3", {}, title);
    for (const [text, checked] of [["all", true], ["none", false]]) {
      const button = element("button", { type: "button" }, text);
      button.addEventListener("click", () => {
        for (const input of box.querySelectorAll("input")) input.checked = checked;
        set.dispatchEvent(new Event("change", { bubbles: true }));
      });
      heading.append(button);
    }
    set.append(heading);
  }
  set.append(box);
}

function chosen(id) {
  return [...document.querySelectorAll(`#${id} input:checked`)].map(input => input.value);
}

function fillSelect(id, choices) {
  const select = document.getElementById(id), before = select.value;
  select.replaceChildren(...choices.map(([value, text]) => element("option", { value }, text)));
  if (choices.some(([value]) => value === before)) select.value = before;
}

// The chart

// A frame that was written column by column, as one object a row.
function rowsOf(columns) {
  const lists = Object.entries(columns).map(([name, column]) =>
    [name, Array.isArray(column) ? column : column.places.map(place => column.values[place])]);
  return lists[0][1].map((_, row) => Object.fromEntries(lists.map(([name, list]) => [name, list[row]])));
}

const distinct = values => [...new Set(values)];
const scopeName = scope => scope || "no pruning";
// A scope is of matrices and, but for gradual pruning by magnitude, a method: partial, partial-random, dense-int8.
const matricesOf = scope => scopeName(scope).split("-")[0];
const methodOf = scope => scope.split("-").slice(1).join("-") || (scope ? "magnitude" : "no pruning");
const testSetName = name => name === "regular" ? name : `perturbed ${name}`;
const denseName = scope => scope.endsWith("-int8") ? "dense-int8" : "dense";
const variantName = (scope, sparsity) => sparsity ? `${scope} ${sparsity} %` : denseName(scope);
const fourDigits = value => value === null ? "" : value.toFixed(4);
const range = (low, high) => low === high ? String(low) : `${low}–${high}`;
// Of seaborn's palette "colorblind", as in the figures; the more lines, the more often a colour comes again.
const COLOURS = ["#0173b2", "#de8f05", "#029e73", "#cc78bc", "#ca9161", "#949494", "#56b4e9", "#d55e00", "#882255", "#111111"];
// As many as scopes with the methods of docs/methods.md, in int8 too: no two lines look alike.
const DASHES = [
  [1, 0], [6, 3], [2, 2], [8, 2, 2, 2], [1, 3], [10, 4], [14, 2], [4, 1], [10, 2, 2, 2, 2, 2], [4, 6], [1, 1], [16, 6],
  [6, 2, 1, 2], [12, 3, 4, 3], [2, 5], [8, 8], [6, 1, 1, 1, 1, 1], [20, 3, 3, 3], [3, 3, 6, 3], [1, 6], [12, 1], [5, 9],
  [9, 3, 1, 3, 1, 3], [3, 1, 1, 1],
];

function addChartChoices() {
  addChoices("settings", distinct(lineRows.map(row => row.setting)).map(name => [name, name, true]));
  addChoices("scopes", distinct(lineRows.map(row => matricesOf(row.scope))).map(name => [name, name, true]));
  addChoices("methods", distinct(lineRows.map(row => methodOf(row.scope))).map(name => [name, name, true]));
  addChoices("sparsities", sparsities.map(sparsity => [sparsity, `${sparsity} %`, true]));
  addChoices("test-sets", data.test_sets.map(name => [name, testSetName(name), true]));
  addChoices("marks", [["bars", "intervals", true], ["floor", "chance floor", true]]);
  const seeds = distinct(seedRows.map(row => row.seed)).sort((a, b) => a - b);
  addChoices("seeds", seeds.map(seed => [seed, `seed ${seed}`, true]), "circles");
  const shown = new Set(data.first_lines);
  for (const [kind, title] of [["all languages", "all languages"], ["language", "languages"], ["group", "groups"]]) {
    const names = distinct(lineRows.filter(row => row.kind === kind).map(row => row.of));
    if (kind !== "all languages") names.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));  // sizes too
    if (names.length) addChoices("lines", names.map(name => [name, name, shown.has(name)]), title, true);
  }
}

function chosenSparsities() {
  const values = chosen("sparsities");
  return sparsities.filter(sparsity => values.includes(String(sparsity)));
}

function chosenScopes() {
  const matrices = chosen("scopes"), methods = chosen("methods");
  return distinct(lineRows.map(row => row.scope)).filter(
    scope => matrices.includes(matricesOf(scope)) && methods.includes(methodOf(scope)));
}

// What the chart shows of the chosen lines: rows of points and of seeds, each in its place on the axes.
function chartRows() {
  const settings = new Set(chosen("settings")), scopes = chosenScopes(), lines = chosen("lines");
  const testSets = new Set(chosen("test-sets")), marks = new Set(chosen("marks"));
  const shown = chosenSparsities(), seedNumbers = new Set(chosen("seeds"));
  const isShown = row => settings.has(row.setting) && testSets.has(row.test_set) &&
    scopes.includes(row.scope) && lines.includes(row.of) && shown.includes(row.sparsity);
  const points = lineRows.filter(isShown);
  const seeds = seedRows.filter(row => isShown(row) && seedNumbers.has(String(row.seed)));
  const seriesOf = row => `${row.of}\n${row.scope}`, held = new Set(points.map(seriesOf));
  const series = lines.flatMap(of => scopes.map(scope => seriesOf({ of, scope }))).filter(name => held.has(name));
  // Bars of several lines stand beside each other.
  const shift = row => (series.indexOf(seriesOf(row)) - (series.length - 1) / 2) * Math.min(0.1, 0.34 / series.length);
  const placed = (row, mark) => ({
    mark, setting: row.setting, test_set: testSetName(row.test_set), of: row.of, scope: scopeName(row.scope),
    place: shown.indexOf(row.sparsity) + shift(row), f1: row.f1, sparsity: row.sparsity,
    model: `${row.setting}, ${variantName(row.scope, row.sparsity)}`,
  });
  return [
    ...points.map(row => ({
      ...placed(row, "point"), low: row.low, high: row.high, floor: marks.has("floor") ? row.floor : null,
      F1: fourDigits(row.f1),
      interval: row.low === null ? "" : `${fourDigits(row.low)} to ${fourDigits(row.high)}`,
      seed_sd: fourDigits(row.seed_sd), chance: fourDigits(row.floor),
      languages: String(row.languages), seeds: range(row.seeds, row.most_seeds),
      bars: marks.has("bars"),
    })),
    ...seeds.map(row => ({ ...placed(row, "seed"), F1: fourDigits(row.f1), seed: String(row.seed) })),
  ];
}

const POINT_TOOLTIP = [
  ["of", "F1 of"], ["model", "models"], ["test_set", "test set"], ["F1", "F1"], ["interval", "95 % interval"],
  ["seed_sd", "standard deviation over seeds"], ["chance", "chance floor"], ["languages", "languages"],
  ["seeds", "seeds"],
];
const SEED_TOOLTIP = [
  ["of", "F1 of"], ["model", "model"], ["test_set", "test set"], ["seed", "seed"], ["F1", "F1"],
];

function specification(rows) {
  const held = (names, field) =>  // what the rows have of the choices, in the order of these
    names.filter(value => rows.some(row => row[field] === value));
  const lines = held(chosen("lines"), "of"), scopes = held(chosenScopes().map(scopeName), "scope");
  const columns = held(chosen("test-sets").map(testSetName), "test_set");
  const settings = held(chosen("settings"), "setting");
  const shown = chosenSparsities();
  const wide = document.getElementById("chart").clientWidth - 90;
  const tooltip = fields => fields.map(([field, title]) => ({ field, title, type: "nominal" }));
  const x = {
    field: "place", type: "quantitative", title: "sparsity (%)",
    scale: { domain: [-0.4, shown.length - 0.6], nice: false, zero: false },
    axis: { values: shown.map((_, place) => place), grid: false,
      labelExpr: `${JSON.stringify(shown.map(String))}[datum.value]` },
  };
  const y = field => ({ field, type: "quantitative", title: "F1", scale: { domain: [0, 1] } });
  const colour = { field: "of", type: "nominal", title: null, sort: null,
    scale: { domain: lines, range: lines.map((_, place) => COLOURS[place % COLOURS.length]) } };
  const dash = { field: "scope", type: "nominal", title: "scope and method", sort: null,
    scale: { domain: scopes, range: scopes.map((_, place) => DASHES[place % DASHES.length]) },
    legend: scopes.length > 1 ? { symbolType: "stroke", symbolStrokeWidth: 2 } : null };
  const only = condition => [{ filter: condition }];
  // Lines of many languages lie on each other: a click on a name in the legend pales the others.
  const opacity = value => ({ condition: { test: "picked === null || datum.of === picked", value }, value: 0.06 });
  const layer = [
    { transform: only("datum.mark == 'point' && datum.floor !== null"),
      mark: { type: "tick", thickness: 1.5, size: 12, orient: "horizontal" },
      encoding: { x, y: y("floor"), color: colour, opacity: opacity(0.8), tooltip: tooltip(POINT_TOOLTIP) } },
    { transform: only("datum.mark == 'point' && datum.bars && datum.low !== null"),
      mark: { type: "rule", strokeWidth: 1.5 },
      encoding: { x, y: y("low"), y2: { field: "high" }, color: colour, opacity: opacity(0.6), tooltip: tooltip(POINT_TOOLTIP) } },
    { transform: only("datum.mark == 'point' && datum.f1 !== null"),
      mark: { type: "line", strokeWidth: 1.6 },
      encoding: { x, y: y("f1"), color: colour, strokeDash: dash, opacity: opacity(1),
        order: { field: "sparsity", type: "quantitative" } } },
    { transform: only("datum.mark == 'seed'"),
      mark: { type: "point", filled: false, size: 16, strokeWidth: 1 },
      encoding: { x, y: y("f1"), color: colour, opacity: opacity(0.7), tooltip: tooltip(SEED_TOOLTIP) } },
    { transform: only("datum.mark == 'point' && datum.f1 !== null"),
      mark: { type: "point", filled: true, size: 45 },
      encoding: { x, y: y("f1"), color: colour, opacity: opacity(1), tooltip: tooltip(POINT_TOOLTIP) } },
  ];
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v5.json",  // a name, which nothing is loaded from
    data: { values: rows },
    params: [{ name: "picked", value: null }],
    facet: {
      row: { field: "setting", type: "nominal", title: null, sort: settings },
      column: { field: "test_set", type: "nominal", title: null, sort: columns },
    },
    spec: { width: Math.max(150, Math.floor(wide / columns.length) - 25), height: 230, layer },
    config: {
      font: "system-ui, sans-serif", view: { stroke: "#ccc" },
      legend: { orient: "bottom", labelLimit: 400, labelFontSize: 12, symbolLimit: 0, columns: 4, symbolStrokeWidth: 2 },
      header: { labelFontSize: 13, labelFontWeight: 600 }, axis: { labelFontSize: 11, titleFontSize: 11 },
    },
  };
}

function numbersTable(rows) {
  const columns = [["setting", "setting"], ["test_set", "test set"], ["of", "F1 of"], ["scope", "scope and method"],
    ["sparsity", "sparsity (%)"], ["F1", "F1"], ["interval", "95 % interval"],
    ["seed_sd", "standard deviation over seeds"], ["chance", "chance floor"], ["languages", "languages"],
    ["seeds", "seeds"]];
  const numeric = new Set(["sparsity", "F1", "interval", "seed_sd", "chance", "languages", "seeds"]);
  const attributes = field => numeric.has(field) ? { class: "number" } : {};
  const cells = (tag, text) => columns.map(([field, title]) => element(tag, attributes(field), text(field, title)));
  const head = element("thead", {}, element("tr", {}, ...cells("th", (_, title) => title)));
  const points = rows.filter(row => row.mark === "point");
  const body = element("tbody", {}, ...points.map(row => element("tr", {}, ...cells("td", field => row[field]))));
  return element("table", {}, head, body);
}

let drawing = Promise.resolve();

// Draw the chart again; one drawing follows another, so that the last choice is what stays.
function drawChart() {
  drawing = drawing.finally(async () => {
    const rows = chartRows(), place = document.getElementById("chart");
    const table = document.querySelector("#numbers > div");
    if (!rows.some(row => row.mark === "point")) {
      place.replaceChildren(element("p", {}, "No line has all that is chosen: choose a line, and one of each kind."));
      table.replaceChildren();
      return;
    }
    const actions = { export: true, source: false, compiled: false, editor: false };
    const { view } = await vegaEmbed(place, specification(rows), { renderer: "svg", actions });
    for (const label of place.querySelectorAll(".role-legend-label text"))
      if (rows.some(row => row.of === label.textContent))  // the other legend is of scopes
        label.addEventListener("click", () => {
          const name = label.textContent;
          view.signal("picked", view.signal("picked") === name ? null : name).runAsync();
        });
    table.replaceChildren(numbersTable(rows));
  });
  return drawing;
}

// The sentences

function choicesOf(parts, key, text) {
  return distinct(parts.map(part => part[key])).map(value => [value, text(value)]);
}

const languageName = code => data.sentences.find(part => part.language === code).name;

function currentPart() {
  const language = document.getElementById("sentence-language").value;
  const setting = document.getElementById("sentence-setting").value;
  return data.sentences.find(part => part.language === language && part.setting === setting);
}

function mentionKey(span) {
  return span.join(" ");
}

// The words of a sentence with its mentions; gold: its spans where those shown are a model's, else null.
function taggedWords(words, spans, types, gold, replaced) {
  const right = gold && new Set(gold.map(mentionKey)), found = new Set(spans.map(mentionKey));
  const inAny = (list, word) => list.some(([start, end]) => start <= word && word < end);
  const missed = gold ? gold.filter(span => !found.has(mentionKey(span))).map(([, start, end]) => [start, end]) : [];
  const wordElement = word => {
    const classes = [inAny(missed, word) ? "missed" : "", inAny(replaced, word) ? "replaced" : ""].filter(Boolean);
    return classes.length ? element("span", { class: classes.join(" ") }, words[word]) : words[word];
  };
  const parts = [];
  let word = 0;
  while (word < words.length) {
    const span = spans.find(([, start]) => start === word);
    const end = span ? span[2] : word + 1, inner = [];
    for (; word < end; word++) inner.push(...(inner.length ? [" "] : []), wordElement(word));
    if (span) {
      const mark = element("mark", gold && !right.has(mentionKey(span)) ? { class: "wrong" } : {}, ...inner);
      mark.style.setProperty("--hue", hue(span[0]));
      mark.append(element("small", { dir: "ltr" }, types[span[0]]));
      parts.push(mark, " ");
    } else parts.push(...inner, " ");
  }
  return parts;
}

const hue = type => (210 + type * 137.5) % 360;  // by the golden angle, so that any number of types differ

function sentenceCard(part, testSet, number, variants) {
  const shown = part.test_sets[testSet], regular = part.test_sets.regular;
  const lowest = part.lowest[number];
  const changes = lowest === null ? "no pruned model changes its mentions (regular test set)"
    : `its mentions first change at ${lowest} % sparsity (regular test set)`;
  const row = (name, attributes, content) => element("tr", attributes, element("th", { scope: "row" }, name),
    element("td", { dir: "auto", lang: part.language }, ...content));
  const gold = set => taggedWords(set.words[number], set.gold[number], part.types, null,
    set === regular ? [] : set.replaced[number]);
  const rows = testSet === "regular" ? [] : [row("gold, regular", { class: "gold" }, gold(regular))];
  rows.push(row(testSet === "regular" ? "gold" : "gold, perturbed", { class: "gold" }, gold(shown)));
  for (const variant of variants) {
    const spans = shown.predicted[variant][number];
    const words = taggedWords(shown.words[number], spans, part.types, shown.gold[number], []);
    const { scope, sparsity } = part.models[variant];
    rows.push(row(variantName(scope, sparsity), { "data-variant": variant }, words));
  }
  const heading = element("h3", {}, `Sentence ${part.rows[number]}: ${changes}`);
  return element("article", {}, heading, element("table", {}, element("tbody", {}, ...rows)));
}

function drawSentences() {
  const part = currentPart(), testSet = document.getElementById("sentence-test-set").value;
  const variants = chosen("variants").filter(variant => variant in part.models);
  const list = document.getElementById("sentence-list");
  list.replaceChildren(...part.rows.map((_, number) => sentenceCard(part, testSet, number, variants)));
  const key = document.getElementById("key");
  key.replaceChildren("Mentions: ");
  part.types.forEach((type, place) => {
    const mark = element("mark", {}, element("small", { dir: "ltr" }, type));
    mark.style.setProperty("--hue", hue(place));
    key.append(mark, " ");
  });
  key.append("· in a model's line: ", element("mark", { class: "wrong" }, "dashed"),
    " a mention that the gold does not have so, ", element("span", { class: "missed" }, "wavy"),
    " words of a gold mention that it does not find so");
  if (testSet !== "regular")
    key.append(" · ", element("span", { class: "replaced" }, "double"), " words that the perturbation put in");
}

// Offer what there is of the language that is chosen: its settings, then their test sets and models.
function offerSentences() {
  const language = document.getElementById("sentence-language").value;
  const ofLanguage = data.sentences.filter(part => part.language === language);
  fillSelect("sentence-setting", choicesOf(ofLanguage, "setting", name => name));
  const part = currentPart();
  fillSelect("sentence-test-set", Object.keys(part.test_sets).map(name => [name, testSetName(name)]));
  const set = document.getElementById("variants"), before = chosen("variants");
  const known = [...set.querySelectorAll("input")].map(input => input.value);
  for (const box of [...set.querySelectorAll("h3, div")]) box.remove();
  const models = Object.entries(part.models);
  const first = ["", ...distinct(models.map(([, model]) => model.scope).filter(Boolean)).slice(0, 1)];
  addChoices("variants", models.map(([variant, { scope, sparsity }]) => [
    variant, variantName(scope, sparsity), known.includes(variant) ? before.includes(variant) : first.includes(scope),
  ]), "of one seed, if all have it", true);
  document.getElementById("about-sentences").textContent =
    `${part.rows.length} of the ${part.sentences} test sentences: first those in which a pruned model finds other ` +
    "mentions than the dense one already at the lowest sparsity, on the regular test set; in the order of the test " +
    "set where that is the same. A perturbed test set has the same sentences with other mentions. Sentences are " +
    "counted from 0.";
  drawSentences();
}

async function start() {
  const libraries = await unpacked("libraries");
  data = await unpacked("data");
  lineRows = rowsOf(data.lines);
  seedRows = rowsOf(data.seeds);
  sparsities = distinct(lineRows.map(row => row.sparsity)).sort((a, b) => a - b);
  for (const code of libraries.code) document.head.append(element("script", {}, code));
  document.getElementById("licences").textContent = libraries.licences;

  addChartChoices();
  document.querySelector("#scores form").addEventListener("change", drawChart);
  let width = document.getElementById("chart").clientWidth;
  window.addEventListener("resize", () => {
    const now = document.getElementById("chart").clientWidth;
    if (now !== width) drawChart();
    width = now;
  });
  fillSelect("sentence-language", choicesOf(data.sentences, "language", languageName));
  for (const id of ["sentence-language", "sentence-setting"])
    document.getElementById(id).addEventListener("change", offerSentences);
  document.getElementById("sentence-test-set").addEventListener("change", drawSentences);
  document.getElementById("variants").addEventListener("change", drawSentences);
  offerSentences();
  await drawChart();
}

start().catch(error => {
  const problem = document.getElementById("problem");
  problem.textContent = `This page cannot be drawn here (${error}); it needs a browser of 2023 or newer.`;
  problem.hidden = false;
  throw error;
});
