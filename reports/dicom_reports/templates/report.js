"use strict";
(async () => {
  const $ = (s, e = document) => e.querySelector(s), $$ = (s, e = document) => [...e.querySelectorAll(s)];
  const esc = t => String(t ?? "").replace(/[&<>"']/g, c => ({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})[c]);
  const nf = n => n.toLocaleString("en");
  const raw = Uint8Array.from(atob($("#payload").textContent.trim()), c => c.charCodeAt(0));
  const D = JSON.parse(await new Response(new Blob([raw]).stream().pipeThrough(new DecompressionStream("gzip"))).text());
  const S = D.strings, V = D.verdicts, N = D.cases.length;
  const str = i => i < 0 ? "" : S[i];
  const names = D.names;
  // a case row: [id, scenario, verdict, level, clauses[], params[k,v..], cells, elapsed_ms, evidence, reason, findings[]]
  const params = flat => { const o = {}; for (let i = 0; i < flat.length; i += 2) o[S[flat[i]]] = S[flat[i + 1]]; return o; };
  const cases = D.cases.map((r, i) => ({i, id: str(r[0]), scenario: D.scenarios[r[1]], verdict: V[r[2]], level: str(r[3]), clause: r[4].map(str),
    p: params(r[5]), cells: r[6], ms: r[7], evidence: str(r[8]), reason: str(r[9]), raw: r[10], more: r[11]}));
  const byId = new Map(cases.map(c => [c.id, c]));
  const findings = c => c.raw.map(f => ({check: str(f[0]), met: f[1] === 1, judged: f[1] !== 2, clause: str(f[2]), level: str(f[3]), expected: str(f[4]), actual: str(f[5]), p: f[6] ? params(f[6]) : {}, requirement: f.length > 7 ? str(f[7]) : ""}));
  const rank = {ERROR: 0, FAIL: 1, FLAKY: 2, INCONCLUSIVE: 3, WARN: 4, PASS: 5, NOT_JUDGED: 6, NOT_CLAIMED: 7};
  const label = uid => names[uid] ? names[uid] : uid;
  const haystack = c => c.h ??= (c.id + " " + c.scenario.title + " " + c.verdict + " " + c.clause.join(" ") + " " + Object.entries(c.p).map(([k, v]) => k + " " + v + " " + (names[v] || "")).join(" ") + " " + c.reason).toLowerCase();

  // tabs and address
  const show = tab => { $$("nav button").forEach(b => b.setAttribute("aria-selected", b.dataset.tab === tab)); $$("section[role=tabpanel]").forEach(s => s.classList.toggle("on", s.id === "tab-" + tab)); if (tab === "cases") draw(); };
  const go = hash => { if (location.hash !== hash) location.hash = hash; else route(); };
  $$("nav button").forEach(b => b.onclick = () => go("#" + b.dataset.tab));
  const dialog = $("#detail");
  dialog.addEventListener("close", () => { if (location.hash.startsWith("#case=")) history.replaceState(null, "", "#" + $("nav button[aria-selected=true]").dataset.tab); });
  dialog.addEventListener("click", e => { if (e.target === dialog) dialog.close(); });
  function route() {
    const h = decodeURIComponent(location.hash.slice(1));
    if (h.startsWith("case=")) { const c = byId.get(h.slice(5)); if (c) open(c); return; }
    if (dialog.open) dialog.close();
    show(document.getElementById("tab-" + h) ? h : "overview");
  }
  addEventListener("hashchange", route);

  // the list, drawn only where one looks
  const state = {text: "", group: "", verdicts: new Set(), only: null}; let shown = cases;
  const ROW = 30, list = $("#list");
  const groups = [...new Set(cases.map(c => c.scenario.group))].sort();
  $("#group").innerHTML = '<option value="">all services</option>' + groups.map(g => `<option>${esc(g)}</option>`).join("");
  const counts = {}; cases.forEach(c => counts[c.verdict] = (counts[c.verdict] || 0) + 1);
  $("#chips").innerHTML = Object.keys(counts).sort((a, b) => rank[a] - rank[b]).map(v => `<button class="chip" data-v="${v}" aria-pressed="false">${v} ${nf(counts[v])}</button>`).join(" ");
  function filter() {
    const words = state.text.toLowerCase().split(/\s+/).filter(Boolean);
    shown = cases.filter(c => (!state.verdicts.size || state.verdicts.has(c.verdict)) && (!state.group || c.scenario.group === state.group) && (!state.only || state.only.has(c.i)) && words.every(w => haystack(c).includes(w)));
    shown.sort((a, b) => rank[a.verdict] - rank[b.verdict] || a.i - b.i);
    $("#found").innerHTML = `${nf(shown.length)} of ${nf(N)} cases` + (state.only ? ' <button class="chip" id="only">all cases</button>' : "");
    if (state.only) $("#only").onclick = () => { state.only = null; filter(); };
    list.scrollTop = 0; draw();
  }
  function draw() {
    const top = Math.max(0, Math.floor(list.scrollTop / ROW) - 5), end = Math.min(shown.length, top + Math.ceil((list.clientHeight || 600) / ROW) + 12);
    let html = `<div style="height:${shown.length * ROW}px"></div>`;
    for (let k = top; k < end; k++) { const c = shown[k];
      html += `<div class="row" role="listitem" tabindex="0" data-i="${c.i}" style="top:${k * ROW}px"><span class="v ${c.verdict}">${c.verdict}</span><span class="id" title="${esc(c.scenario.title)}">${esc(c.id)}</span><span class="soft small">${c.cells > 1 ? nf(c.cells) + " facts" : ""}</span><span class="soft small num" style="width:70px">${c.ms.toFixed(0)} ms</span></div>`; }
    list.innerHTML = html;
  }
  list.addEventListener("scroll", () => requestAnimationFrame(draw));
  const pick = e => { const r = e.target.closest(".row"); if (r) go("#case=" + encodeURIComponent(cases[r.dataset.i].id)); };
  list.addEventListener("click", pick); list.addEventListener("keydown", e => { if (e.key === "Enter") pick(e); });
  let timer; $("#search").oninput = e => { clearTimeout(timer); timer = setTimeout(() => { state.text = e.target.value; filter(); }, 120); };
  $("#group").onchange = e => { state.group = e.target.value; filter(); };
  $("#chips").onclick = e => { const b = e.target.closest("[data-v]"); if (!b) return; const v = b.dataset.v; state.verdicts.has(v) ? state.verdicts.delete(v) : state.verdicts.add(v); b.setAttribute("aria-pressed", state.verdicts.has(v)); filter(); };
  const browse = only => { state.only = only; state.text = ""; state.group = ""; state.verdicts.clear(); $("#search").value = ""; $("#group").value = ""; $$("#chips .chip").forEach(b => b.setAttribute("aria-pressed", false)); filter(); go("#cases"); };
  $$("[data-verdict]").forEach(b => b.onclick = () => browse(new Set(cases.filter(c => c.verdict === b.dataset.verdict).map(c => c.i))));
  $$("[data-group]").forEach(r => r.onclick = () => browse(new Set(cases.filter(c => c.scenario.group === r.dataset.group).map(c => c.i))));

  // heat maps
  const worst = cs => cs.reduce((w, c) => rank[c.verdict] < rank[w] ? c.verdict : w, "NOT_CLAIMED");
  const heat = (target, rows, columns, cell) => {
    $(target).innerHTML = rows.length ? `<table class="heat"><thead><tr><th></th>${columns.map(c => `<th title="${esc(c)}">${esc(label(c))}${names[c] ? `<div class="uid">${esc(c.split(".").slice(-2).join("."))}</div>` : ""}</th>`).join("")}</tr></thead><tbody>${rows.map(r => `<tr><th title="${esc(r)}">${esc(label(r))}</th>${columns.map(c => cell(r, c)).join("")}</tr>`).join("")}</tbody></table>` : '<p class="soft">No case of this run has such parameters.</p>';
  };
  const order = (seen, known) => [...known.filter(u => seen.has(u)), ...[...seen].filter(u => !known.includes(u)).sort()];
  const single = cases.filter(c => c.p.sop_class && c.p.transfer_syntax);
  const facets = new Map();
  single.forEach(c => { const f = [c.p.table ? "Table " + c.p.table : "", c.p.role || "", c.scenario.group].filter(Boolean).join(" · "); if (!facets.has(f)) facets.set(f, []); facets.get(f).push(c); });
  const fields = cs => new Set(cs.map(c => c.p.sop_class + "|" + c.p.transfer_syntax)).size;
  const names2 = [...facets.keys()].sort((a, b) => fields(facets.get(b)) - fields(facets.get(a)));
  $("#matrix-role").innerHTML = '<option value="">all of them</option>' + names2.map(f => `<option value="${esc(f)}">${esc(f)} (${nf(facets.get(f).length)})</option>`).join("");
  function matrix() {
    const set = facets.get($("#matrix-role").value) || single, m = new Map(), rows = new Set(), columns = new Set();
    set.forEach(c => { rows.add(c.p.sop_class); columns.add(c.p.transfer_syntax); const k = c.p.sop_class + "|" + c.p.transfer_syntax; if (!m.has(k)) m.set(k, []); m.get(k).push(c); });
    heat("#matrix-table", order(rows, D.sop_classes), order(columns, D.transfer_syntaxes), (r, c) => { const cs = m.get(r + "|" + c); return cs ? `<td><button class="${worst(cs)}" data-k="${esc(r + "|" + c)}" title="${esc(label(r) + " · " + label(c) + ": " + worst(cs))}">${cs.length}</button></td>` : '<td class="none">·</td>'; });
    $("#matrix-table").onclick = e => { const b = e.target.closest("[data-k]"); if (!b) return; const cs = m.get(b.dataset.k); cs.length === 1 ? go("#case=" + encodeURIComponent(cs[0].id)) : browse(new Set(cs.map(c => c.i))); };
  }
  $("#matrix-role").onchange = matrix;
  if (names2.length) $("#matrix-role").value = names2[0];
  matrix();
  const many = new Map(), prow = new Map(), pcol = new Set();
  cases.filter(c => c.cells > 1 && c.raw.length > 1 && !c.p.transfer_syntax).forEach(c => c.raw.forEach(f => {
    if (!f[6]) return; const p = f[6]; let cls, conf;
    for (let i = 0; i < p.length; i += 2) { if (p[i] === D.keys.sop_class) cls = p[i + 1]; else if (p[i] === D.keys.configuration) conf = p[i + 1]; }
    if (cls === undefined) return; const k = cls + "|" + (conf ?? -1); let e = many.get(k);
    prow.set(S[cls], (prow.get(S[cls]) || 0) + 1); if (!e) { many.set(k, e = {met: 0, all: 0, cases: new Set()}); pcol.add(conf === undefined ? "-" : S[conf]); e.v = "PASS"; }
    if (f[1] === 2) return; e.all++; e.met += f[1]; e.cases.add(c.i); if (rank[c.verdict] < rank[e.v]) e.v = c.verdict; }));
  const at = new Map(S.map((s, i) => [s, i])), key = (r, c) => at.get(r) + "|" + (c === "-" ? -1 : at.get(c));
  const busiest = order(new Set(prow.keys()), D.sop_classes).sort((a, b) => prow.get(b) - prow.get(a));
  heat("#priority-table", busiest, order(pcol, ["none", "lossless", "lossy", "jpeg2000"]), (r, c) => { const e = many.get(key(r, c)); return e ? `<td><button class="${e.met === e.all ? (e.v === "PASS" ? "PASS" : e.v) : "FAIL"}" data-k="${esc(key(r, c))}">${e.met === e.all ? nf(e.all) : nf(e.met) + "/" + nf(e.all)}</button></td>` : '<td class="none">·</td>'; });
  $("#priority-table").onclick = e => { const b = e.target.closest("[data-k]"); if (b) browse(many.get(b.dataset.k).cases); };

  // claims: the state of each, and its cases, counted under their own verdicts, the worst first
  const byVerdict = cs => Object.keys(rank).map(v => [v, cs.filter(c => c.verdict === v).length]).filter(([, n]) => n).map(([v, n]) => `<span class="v ${v}">${nf(n)} ${v}</span>`).join(" ");
  function claims(which) {
    const rows = D.claims.filter(c => which === "all" || c.state === which), shade = {proved: "PASS", differs: "FAIL"};
    $("#claims-table").innerHTML = `<table><thead><tr><th>Claim</th><th>What the statement promises</th><th>State</th><th>Cases</th></tr></thead><tbody>${rows.map((c, k) => { const cs = c.cases.map(i => cases[i]);
      return `<tr class="${cs.length ? "go" : ""}" data-c="${esc(c.id)}"><td class="mono" style="white-space:nowrap">${esc(c.id)}${c.printed ? `<div class="soft">printed ${esc(c.printed)}</div>` : ""}</td><td>${esc(c.paraphrase)}${c.level === "claim" ? "" : ` <span class="soft small">${esc(c.level)}</span>`}</td><td><span class="v ${shade[c.state] || "NOT_JUDGED"}">${esc(c.state)}</span></td><td>${cs.length ? byVerdict(cs) : `<span class="soft">${esc(c.untested || "no case in this run")}</span>`}</td></tr>`; }).join("")}</tbody></table>`;
    $$("[data-claims]").forEach(b => b.setAttribute("aria-pressed", b.dataset.claims === which));
  }
  $$("[data-claims]").forEach(b => b.onclick = () => claims(b.dataset.claims));
  $("#claims-table").onclick = e => { const r = e.target.closest("tr.go"); if (r) browse(new Set(D.claims.find(c => c.id === r.dataset.c).cases)); };
  claims("all");

  // one case
  const kv = o => { const e = Object.entries(o); return e.length ? `<dl class="kv small">${e.map(([k, v]) => `<dt>${esc(k)}</dt><dd>${esc(v)}${names[v] ? ` <span class="soft">${esc(names[v])}</span>` : ""}</dd>`).join("")}</dl>` : ""; };
  function ladder(t) {
    return t.map(c => `<h3>${esc(c.requestor)} → ${esc(c.acceptor)} <span class="soft">${esc(c.end || "")}</span></h3><div class="wire">${c.events.map(e => {
      const right = e.sender === c.requestor;
      return `<div class="t">${e.t_ms.toFixed(2)} ms</div><div class="a ${right ? "toright" : "toleft"}">${right ? "" : "← "}${esc(e.name)}${right ? " →" : ""}</div><div>${e.detail && e.detail.length ? `<details><summary>${esc(e.summary)}</summary><pre>${e.detail.map(esc).join("\n")}</pre></details>` : esc(e.summary)}${(e.violations || []).map(v => `<div class="viol">${esc(v)}</div>`).join("")}</div>`; }).join("")}</div>`).join("");
  }
  const shownFirst = ["sent", "expected", "actual", "difference"];
  const pictures = c => { const ps = [...(D.pictures[c.i] || [])].sort((a, b) => (shownFirst.indexOf(a[0]) + 9) % 9 - (shownFirst.indexOf(b[0]) + 9) % 9);
    return ps.length ? `<h3>${ps.every(p => p[0].startsWith("film-")) ? "Films, as a printer would print them" : "Pictures"}</h3><div class="pics">${ps.map(p => `<figure${p[0].startsWith("film-") ? ' class="film"' : ""}><a href="${p[1]}"><img src="${p[1]}" alt="${esc(p[0])}"></a><figcaption class="small soft">${esc(p[0])}</figcaption></figure>`).join("")}</div>` : ""; };
  function open(c) {
    const fs = findings(c), note = f => (f.level || c.level) === "note";
    const unmet = fs.filter(f => f.judged && !f.met && !note(f)), notes = fs.filter(f => f.judged && !f.met && note(f)), unjudged = fs.filter(f => !f.judged), met = fs.filter(f => f.judged && f.met), many = met.length > 24;
    const row = f => `<tr><td><span class="v ${!f.judged || !f.met ? "NOT_JUDGED" : "PASS"}">${!f.judged ? "not judged" : f.met ? "met" : "note"}</span></td><td>${esc(f.check)}</td><td class="wrap small">${Object.keys(f.p).length ? Object.entries(f.p).map(([k, v]) => `<span class="soft">${esc(k)}</span> ${esc(v.split(" ").map(label).join(", ")) || "–"}`).join("<br>") : ""}</td><td class="wrap">${esc(f.expected)}</td><td class="wrap">${esc(f.actual)}</td><td class="small soft">${esc(f.clause)}</td></tr>`;
    const table = rows => `<div class="scroll"><table><thead><tr><th></th><th>Check</th><th></th><th>Expected</th><th>Actual</th><th>Clause</th></tr></thead><tbody>${rows.map(row).join("")}</tbody></table></div>`;
    const t = D.timelines[c.i], sameEvidence = c.evidence ? `<a href="${esc(c.evidence)}/">${esc(c.evidence)}/</a> (capture for Wireshark)` : "";
    $("#detail-in").innerHTML = `<button class="x">close</button><span class="v ${c.verdict}">${c.verdict}</span> <b>${esc(c.scenario.title)}</b><div class="mono wrap" style="margin:6px 0">${esc(c.id)}</div>
      <div class="soft small">${esc(c.level)} · ${c.clause.map(esc).join(" · ")} · ${nf(c.cells)} fact${c.cells === 1 ? "" : "s"} · ${c.ms.toFixed(1)} ms</div>${c.reason ? `<p><b>Reason:</b> ${esc(c.reason)}</p>` : ""}${kv(c.p)}
      ${unmet.map(f => `<div class="unmet"><b>${esc(f.check)}</b> <span class="soft small">${esc(f.clause || c.clause.join(" · "))} ${esc(f.level)}</span><dl>${f.requirement ? `<dt>requirement</dt><dd>${esc(f.requirement)}</dd>` : ""}<dt>expected</dt><dd>${esc(f.expected)}</dd><dt>actual</dt><dd>${esc(f.actual)}</dd></dl>${kv(f.p)}</div>`).join("")}
      ${notes.length ? `<h3>Notes, which change no verdict</h3>${table(notes)}` : ""}
      ${unjudged.length ? `<h3>Not judged</h3>${table(unjudged)}` : ""}
      ${c.more ? `<p class="soft small">${nf(c.more)} further findings are in results.jsonl.</p>` : ""}
      ${pictures(c)}
      ${met.length ? (many ? `<details><summary>${nf(met.length)} expectations met</summary>${table(met)}</details>` : `<h3>Expectations met</h3>${table(met)}`) : ""}
      <h3>Reproduce</h3><pre>${esc(D.reproduce.replace("{id}", "'" + c.id + "'"))}</pre>${sameEvidence ? `<div class="small">Evidence: ${sameEvidence}</div>` : ""}
      ${t ? `<h3>On the wire</h3>${ladder(t)}` : c.evidence ? '<p class="soft small">The conversation of this case is in its capture; conversations of cases that do not pass, and of the first case of each scenario, are shown here.</p>' : ""}
`;
    $(".x", dialog).onclick = () => dialog.close();
    if (!dialog.open) dialog.showModal();
    $("#detail-in").scrollTop = 0;
  }
  filter(); route();
  document.documentElement.dataset.ready = "yes";
})();
