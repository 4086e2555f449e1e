// The claims of the statement: the state of each, and its cases, counted under their own verdicts, the worst first.
import {$, $$, badge, escaped, RANK, withCommas} from "./page.js";
import {cases, data} from "./data.js";
import {browse} from "./list.js";

const SHADE = {proved: "PASS", differs: "FAIL"};

function byVerdict(some) {
  const counts = Object.keys(RANK).map(verdict => [verdict, some.filter(one => one.verdict === verdict).length]);
  return counts.filter(([, count]) => count).map(([verdict, count]) => badge(verdict, `${withCommas(count)} ${verdict}`)).join(" ");
}

function claimRow(claim) {
  const some = claim.cases.map(number => cases[number]);
  const printed = claim.printed ? `<div class="soft">printed ${escaped(claim.printed)}</div>` : "";
  const level = claim.level === "claim" ? "" : ` <span class="soft small">${escaped(claim.level)}</span>`;
  const reached = some.length
    ? `<button class="plain" data-claim="${escaped(claim.id)}" aria-label="Cases of ${escaped(claim.id)}">${byVerdict(some)}</button>`
    : `<span class="soft">${escaped(claim.untested || "no case in this run")}</span>`;
  return `<tr><td class="mono nowrap">${escaped(claim.id)}${printed}</td><td>${escaped(claim.paraphrase)}${level}</td><td>${badge(SHADE[claim.state] || "NOT_JUDGED", claim.state)}</td><td>${reached}</td></tr>`;
}

function drawClaims(state) {
  const rows = data.claims.filter(claim => state === "all" || claim.state === state);
  $("#claims-table").innerHTML = `<table><thead><tr><th scope="col">Claim</th><th scope="col">What the statement promises</th><th scope="col">State</th><th scope="col">Cases</th></tr></thead><tbody>${rows.map(claimRow).join("")}</tbody></table>`;
  $$("[data-claims]").forEach(chip => chip.setAttribute("aria-pressed", chip.dataset.claims === state));
}

$$("[data-claims]").forEach(chip => chip.addEventListener("click", () => drawClaims(chip.dataset.claims)));
$("#claims-table").addEventListener("click", event => {
  const button = event.target.closest("[data-claim]");
  if (button) browse(new Set(data.claims.find(claim => claim.id === button.dataset.claim).cases));
});
drawClaims("all");
