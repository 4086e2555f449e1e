// One case: verdict, what was not met, what was not judged, its pictures, its conversation, and how to play it again.
import {$, badge, escaped, plural, withCommas} from "./page.js";
import {data, findingsOf, label, named, names} from "./data.js";
import {commandsOf, conversationOf} from "./conversation.js";
import {addressed, go} from "./address.js";

const dialog = $("#detail");
const SHOWN_FIRST = ["sent", "expected", "actual", "difference"];
const MANY = 24;

function pairs(values) {
  const entries = Object.entries(values);
  const rows = entries.map(([key, value]) => `<dt>${escaped(key)}</dt><dd>${escaped(value)}${names[value] ? ` <span class="soft">${escaped(names[value])}</span>` : ""}</dd>`);
  return entries.length ? `<dl class="kv small">${rows.join("")}</dl>` : "";
}

function picturesOf(one) {
  const place = picture => { const at = SHOWN_FIRST.indexOf(picture[0]); return at < 0 ? SHOWN_FIRST.length : at; };
  const pictures = [...(data.pictures[one.number] || [])].sort((a, b) => place(a) - place(b));
  if (!pictures.length) return "";
  const isFilm = picture => picture[0].startsWith("film-");
  const figures = pictures.map(picture => `<figure${isFilm(picture) ? ' class="film"' : ""}><a href="${picture[1]}"><img src="${picture[1]}" alt="${escaped(picture[0])}"></a><figcaption class="small soft">${escaped(picture[0])}</figcaption></figure>`);
  return `<h3>${pictures.every(isFilm) ? "Films, as a printer would print them" : "Pictures"}</h3><div class="pics">${figures.join("")}</div>`;
}

function wordOf(finding) {
  if (!finding.judged) return badge("NOT_JUDGED", "not judged");
  return finding.met ? badge("PASS", "met") : badge("NOT_JUDGED", "note");
}

function findingRow(finding) {
  const values = Object.entries(finding.parameters).map(([key, value]) => `<span class="soft">${escaped(key)}</span> ${escaped(value.split(" ").map(label).join(", ")) || "–"}`);
  return `<tr><td>${wordOf(finding)}</td><td>${escaped(finding.check)}</td><td class="wrap small">${values.join("<br>")}</td><td class="wrap">${escaped(named(finding.expected))}</td><td class="wrap">${escaped(named(finding.actual))}</td><td class="small soft">${escaped(finding.clause)}</td></tr>`;
}

const tableOf = findings => `<div class="scroll" tabindex="0" role="region" aria-label="Findings"><table><thead><tr><th scope="col">Result</th><th scope="col">Check</th><th scope="col">Of</th><th scope="col">Expected</th><th scope="col">Actual</th><th scope="col">Clause</th></tr></thead><tbody>${findings.map(findingRow).join("")}</tbody></table></div>`;
const titled = (title, findings) => findings.length ? `<h3>${title}</h3>${tableOf(findings)}` : "";

function unmetCard(one, finding) {
  const requirement = finding.requirement ? `<dt>requirement</dt><dd>${escaped(finding.requirement)}</dd>` : "";
  return `<div class="unmet"><b>${escaped(finding.check)}</b> <span class="soft small">${escaped(finding.clause || one.clauses.join(" · "))} ${escaped(finding.level)}</span><dl>${requirement}<dt>expected</dt><dd>${escaped(named(finding.expected))}</dd><dt>actual</dt><dd>${escaped(named(finding.actual))}</dd></dl>${pairs(finding.parameters)}</div>`;
}

function metOf(findings) {
  if (findings.length <= MANY) return titled("Expectations met", findings);
  return `<details><summary>${withCommas(findings.length)} expectations met</summary>${tableOf(findings)}</details>`;
}

function headOf(one) {
  const facts = [one.level, ...one.clauses, plural(one.cells, "fact"), `${one.elapsedMs.toFixed(1)} ms`];
  const partly = one.unobserved.length ? `<p><b>Partly seen.</b> Not observed: ${one.unobserved.map(escaped).join("; ")}</p>` : "";
  const attempts = one.attempts.length ? `<p><b>Played ${one.attempts.length} times:</b> ${one.attempts.map(verdict => badge(verdict)).join(" ")}</p>` : "";
  const reason = one.reason ? `<p><b>Reason:</b> ${escaped(named(one.reason))}</p>` : "";
  return `<button class="x">close</button>${badge(one.verdict)} <h2 id="detail-title">${escaped(one.scenario.title)}</h2><div class="mono wrap">${escaped(one.id)}</div>
    <div class="soft small">${facts.map(escaped).join(" · ")}</div>${reason}${attempts}${partly}${pairs(one.parameters)}`;
}

function wireOf(one) {
  const ladder = conversationOf(one), commands = commandsOf(one);
  const absent = one.evidence ? '<p class="soft small">The conversation of this case is in its capture; conversations of cases that do not pass, and of the first case of each scenario, are shown here.</p>' : "";
  return `${commands ? `<h3>The subject's command</h3>${commands}` : ""}${ladder ? `<h3>On the wire</h3>${ladder}` : absent}`;
}

export function openCase(one) {
  const findings = findingsOf(one), judged = findings.filter(finding => finding.judged);
  const isNote = finding => finding.level === "note";
  const unmet = judged.filter(finding => !finding.met);
  const evidence = one.evidence ? `<div class="small">Evidence: <a href="${escaped(one.evidence)}/">${escaped(one.evidence)}/</a> (capture for Wireshark)</div>` : "";
  $("#detail-in").innerHTML = headOf(one)
    + unmet.filter(finding => !isNote(finding)).map(finding => unmetCard(one, finding)).join("")
    + titled("Notes, which change no verdict", unmet.filter(isNote))
    + titled("Not judged", findings.filter(finding => !finding.judged))
    + (one.left ? `<p class="soft small">${withCommas(one.left)} further findings are in results.jsonl.</p>` : "")
    + picturesOf(one)
    + metOf(judged.filter(finding => finding.met))
    + `<h3>Reproduce</h3><pre>${escaped(data.reproduce.replace("{id}", "'" + one.id + "'"))}</pre>${evidence}`
    + wireOf(one);
  $(".x", dialog).addEventListener("click", () => dialog.close());
  if (!dialog.open) dialog.showModal();
  document.documentElement.dataset.opened = one.id;
  $("#detail-in").scrollTop = 0;
}

let left = 0; // closings that an address brought, of which the event is still to come

export function closeCase() {
  if (dialog.open) {
    left += 1;
    dialog.close();
  }
  delete document.documentElement.dataset.opened;
}

/**
 * Tell `isCase` whether an address names a case: closing one by hand leads to the list of cases.
 * The event comes later than the closing: by then the browser's forward may have opened the case again.
 */
export function onClosed(isCase) {
  dialog.addEventListener("close", () => {
    if (left) left -= 1;
    else if (!dialog.open && isCase(addressed())) go("#cases");
  });
}

dialog.addEventListener("click", event => { if (event.target === dialog) dialog.close(); });
