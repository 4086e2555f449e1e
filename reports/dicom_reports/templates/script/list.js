// The list of cases: searched, filtered, and drawn only where one looks. One option is active; Enter opens it.
import {$, $$, badge, escaped, plural, RANK, withCommas} from "./page.js";
import {cases, haystack} from "./data.js";
import {addressOf, go} from "./address.js";

const ROW_PX = 30;
const list = $("#list");
const wanted = {text: "", group: "", verdicts: new Set(), only: null, onlyName: ""};
let shown = cases, active = 0;

function row(one, at) {
  const partly = one.verdict === "PASS" && one.unobserved.length ? ", partly seen" : "";
  return `<div class="row${at === active ? " active" : ""}" role="option" id="row-${at}" aria-selected="${at === active}" aria-setsize="${shown.length}" aria-posinset="${at + 1}" data-at="${at}" style="top:${at * ROW_PX}px">${badge(one.verdict, one.verdict + partly)}<span class="id" title="${escaped(one.scenario.title)}">${escaped(one.id)}</span><span class="soft small">${one.cells > 1 ? withCommas(one.cells) + " facts" : ""}</span><span class="soft small num time">${one.elapsedMs.toFixed(0)} ms</span></div>`;
}

export function draw() {
  const height = list.clientHeight || 600;
  const top = Math.max(0, Math.floor(list.scrollTop / ROW_PX) - 5);
  const end = Math.min(shown.length, top + Math.ceil(height / ROW_PX) + 12);
  const rows = shown.slice(top, end).map((one, k) => row(one, top + k));
  list.innerHTML = `<div role="presentation" style="height:${shown.length * ROW_PX}px"></div>` + rows.join("");
  list.setAttribute("role", shown.length ? "listbox" : "group");
  if (active >= top && active < end) list.setAttribute("aria-activedescendant", "row-" + active);
  else list.removeAttribute("aria-activedescendant");
}

function activate(at) {
  active = Math.max(0, Math.min(shown.length - 1, at));
  const top = active * ROW_PX;
  if (top < list.scrollTop) list.scrollTop = top;
  else if (top + ROW_PX > list.scrollTop + list.clientHeight) list.scrollTop = top + ROW_PX - list.clientHeight;
  draw();
}

/** Make a case the active one, where the filters show it. */
export function activateCase(one) {
  const at = shown.indexOf(one);
  if (at >= 0) activate(at);
}

export function filter() {
  const words = wanted.text.toLowerCase().split(/\s+/).filter(Boolean);
  shown = cases.filter(one => (!wanted.verdicts.size || wanted.verdicts.has(one.verdict))
    && (!wanted.group || one.scenario.group === wanted.group)
    && (!wanted.only || wanted.only.has(one.number))
    && words.every(word => haystack(one).includes(word)));
  shown.sort((a, b) => RANK[a.verdict] - RANK[b.verdict] || a.number - b.number);
  $("#found").textContent = `${withCommas(shown.length)} of ${plural(cases.length, "case")}`;
  $("#every").hidden = !wanted.only;
  active = 0;
  list.scrollTop = 0;
  draw();
}

/** Show these cases alone (a set of their numbers). */
export function browse(only) {
  Object.assign(wanted, {only, text: "", group: ""});
  wanted.verdicts.clear();
  $("#search").value = "";
  $("#group").value = "";
  $$("#chips .chip").forEach(chip => chip.setAttribute("aria-pressed", false));
  filter();
  go("#cases");
}

const openAt = at => shown[at] && go(addressOf(shown[at].id));
const page = () => Math.max(1, Math.floor(list.clientHeight / ROW_PX) - 1);
const MOVES = {
  ArrowDown: () => active + 1, ArrowUp: () => active - 1, PageDown: () => active + page(), PageUp: () => active - page(),
  Home: () => 0, End: () => shown.length - 1,
};

list.addEventListener("keydown", event => {
  if (event.key === "Enter" || event.key === " ") openAt(active);
  else if (event.key in MOVES) activate(MOVES[event.key]());
  else return;
  event.preventDefault();
});
list.addEventListener("scroll", () => requestAnimationFrame(draw));
list.addEventListener("click", event => {
  const chosen = event.target.closest(".row");
  if (!chosen) return;
  active = Number(chosen.dataset.at);
  openAt(active);
});

const groups = [...new Set(cases.map(one => one.scenario.group))].sort();
$("#group").innerHTML = '<option value="">all services</option>' + groups.map(group => `<option>${escaped(group)}</option>`).join("");
$("#group").addEventListener("change", event => { wanted.group = event.target.value; filter(); });

const counts = {};
for (const one of cases) counts[one.verdict] = (counts[one.verdict] || 0) + 1;
$("#chips").innerHTML = Object.keys(counts).sort((a, b) => RANK[a] - RANK[b]).map(verdict =>
  `<button class="chip" data-chip="${verdict}" aria-pressed="false">${verdict} ${withCommas(counts[verdict])}</button>`).join(" ");
$("#chips").addEventListener("click", event => {
  const chip = event.target.closest("[data-chip]");
  if (!chip) return;
  const verdict = chip.dataset.chip, added = !wanted.verdicts.delete(verdict);
  if (added) wanted.verdicts.add(verdict);
  chip.setAttribute("aria-pressed", added);
  filter();
});

let typing;
$("#search").addEventListener("input", event => {
  clearTimeout(typing);
  typing = setTimeout(() => { wanted.text = event.target.value; filter(); }, 120);
});
$("#every").addEventListener("click", () => { wanted.only = null; filter(); });

const numbers = chosen => new Set(cases.filter(chosen).map(one => one.number));
$$("[data-verdict]").forEach(tile => tile.addEventListener("click", () =>
  browse(numbers(one => one.verdict === tile.dataset.verdict && (!("partly" in tile.dataset) || one.unobserved.length)))));
$$("[data-group]").forEach(button => button.addEventListener("click", () =>
  browse(numbers(one => one.scenario.group === button.dataset.group))));
