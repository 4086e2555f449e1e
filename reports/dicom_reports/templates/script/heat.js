// The heat maps: cases by SOP Class and transfer syntax, facts by SOP Class and configuration.
import {$, escaped, plural, RANK, SIGN, withCommas} from "./page.js";
import {cases, data, label, names, strings} from "./data.js";
import {browse} from "./list.js";
import {addressOf, go} from "./address.js";

const worst = some => some.reduce((found, one) => RANK[one.verdict] < RANK[found] ? one.verdict : found, "NOT_CLAIMED");
const lastParts = uid => uid.split(".").slice(-2).join(".");
const columnHead = uid => `<th scope="col" title="${escaped(uid)}">${escaped(label(uid))}${names[uid] ? `<div class="uid">${escaped(lastParts(uid))}</div>` : ""}</th>`;

function drawHeat(target, rows, columns, cell) {
  if (!rows.length) {
    $(target).innerHTML = '<p class="soft">No case of this run has such parameters.</p>';
    return;
  }
  const body = rows.map(r => `<tr><th scope="row" title="${escaped(r)}">${escaped(label(r))}</th>${columns.map(c => cell(r, c)).join("")}</tr>`);
  $(target).innerHTML = `<table class="heat"><thead><tr><td></td>${columns.map(columnHead).join("")}</tr></thead><tbody>${body.join("")}</tbody></table>`;
}

function field(verdict, key, shown, said) {
  return `<td><button class="${verdict}" data-key="${escaped(key)}" title="${escaped(said)}" aria-label="${escaped(said)}"><span aria-hidden="true">${SIGN[verdict]} ${shown}</span></button></td>`;
}

const EMPTY = '<td class="none">·</td>';
const ordered = (seen, known) => [...known.filter(uid => seen.has(uid)), ...[...seen].filter(uid => !known.includes(uid)).sort()];

// cases by SOP Class and transfer syntax
const single = cases.filter(one => one.parameters.sop_class && one.parameters.transfer_syntax);
const pairOf = one => one.parameters.sop_class + "|" + one.parameters.transfer_syntax;
const facets = Map.groupBy ? Map.groupBy(single, facetOf) : grouped(single, facetOf);
const fieldsOf = some => new Set(some.map(pairOf)).size;

function grouped(some, key) {
  const found = new Map();
  for (const one of some) {
    if (!found.has(key(one))) found.set(key(one), []);
    found.get(key(one)).push(one);
  }
  return found;
}

function facetOf(one) {
  const {table, role} = one.parameters;
  return [table ? "Table " + table : "", role || "", one.scenario.group].filter(Boolean).join(" · ");
}

let fields = new Map();

function drawContexts() {
  const chosen = facets.get($("#matrix-role").value) || single;
  fields = grouped(chosen, pairOf);
  const rows = ordered(new Set(chosen.map(one => one.parameters.sop_class)), data.sop_classes);
  const columns = ordered(new Set(chosen.map(one => one.parameters.transfer_syntax)), data.transfer_syntaxes);
  drawHeat("#matrix-table", rows, columns, (r, c) => {
    const some = fields.get(r + "|" + c);
    if (!some) return EMPTY;
    const verdict = worst(some);
    return field(verdict, r + "|" + c, some.length, `${label(r)}, ${label(c)}: ${plural(some.length, "case")}, ${verdict}`);
  });
}

$("#matrix-table").addEventListener("click", event => {
  const button = event.target.closest("[data-key]");
  if (!button) return;
  const some = fields.get(button.dataset.key);
  if (some.length === 1) go(addressOf(some[0].id));
  else browse(new Set(some.map(one => one.number)));
});

const facetNames = [...facets.keys()].sort((a, b) => fieldsOf(facets.get(b)) - fieldsOf(facets.get(a)));
$("#matrix-role").innerHTML = '<option value="">all of them</option>' + facetNames.map(name =>
  `<option value="${escaped(name)}">${escaped(name)} (${withCommas(facets.get(name).length)})</option>`).join("");
$("#matrix-role").addEventListener("change", drawContexts);
if (facetNames.length) $("#matrix-role").value = facetNames[0];
drawContexts();

// facts by SOP Class and configuration
const sums = new Map(), factsOfClass = new Map(), configurations = new Set();

function takeFact(one, row) {
  const flat = row[6] || [];
  let sopClass, configuration;
  for (let i = 0; i < flat.length; i += 2) {
    if (flat[i] === data.keys.sop_class) sopClass = flat[i + 1];
    else if (flat[i] === data.keys.configuration) configuration = flat[i + 1];
  }
  if (sopClass === undefined) return;
  const name = strings[sopClass], column = configuration === undefined ? "-" : strings[configuration], key = name + "|" + column;
  factsOfClass.set(name, (factsOfClass.get(name) || 0) + 1);
  configurations.add(column);
  if (!sums.has(key)) sums.set(key, {met: 0, all: 0, cases: new Set(), verdict: "PASS"});
  if (row[1] === 2) return;
  const sum = sums.get(key);
  sum.all++;
  sum.met += row[1];
  sum.cases.add(one.number);
  if (RANK[one.verdict] < RANK[sum.verdict]) sum.verdict = one.verdict;
}

for (const one of cases) {
  if (one.cells > 1 && one.rows.length > 1 && !one.parameters.transfer_syntax) one.rows.forEach(row => takeFact(one, row));
}
const busiest = ordered(new Set(factsOfClass.keys()), data.sop_classes).sort((a, b) => factsOfClass.get(b) - factsOfClass.get(a));
drawHeat("#priority-table", busiest, ordered(configurations, ["none", "lossless", "lossy", "jpeg2000"]), (r, c) => {
  const sum = sums.get(r + "|" + c);
  if (!sum) return EMPTY;
  const verdict = sum.met === sum.all ? sum.verdict : "FAIL";
  const shown = sum.met === sum.all ? withCommas(sum.all) : `${withCommas(sum.met)}/${withCommas(sum.all)}`;
  return field(verdict, r + "|" + c, shown, `${label(r)}, ${c}: ${withCommas(sum.met)} of ${plural(sum.all, "fact")} met, ${verdict}`);
});
$("#priority-table").addEventListener("click", event => {
  const button = event.target.closest("[data-key]");
  if (button) browse(sums.get(button.dataset.key).cases);
});
