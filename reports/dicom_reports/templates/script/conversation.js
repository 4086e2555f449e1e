// The conversation of a case, event by event, as one side sent it and as the other received it; and what commands wrote.
import {escaped} from "./page.js";
import {data, named} from "./data.js";

const ms = time => `${time.toFixed(2)} ms`;

/** What a side did with an event, in words and with its time; `how` is the class that colours it. */
function sentBy(event) {
  if (event.sent === false) return {how: "changed", said: "not sent by this side"};
  return event.sent === null ? {how: "unknown", said: "not observed"} : {how: "", said: "sent", at: event.t_ms};
}

function receivedBy(event) {
  const received = event.received;
  if (received === undefined || received === null) return {how: "unknown", said: "not observed"};
  if (received === false) return {how: "changed", said: "not received"};
  if (event.sent === false) return {how: "changed", said: "received, made on the way", at: received.t_ms};
  return received.name ? {how: "changed", said: "received, changed on the way", at: received.t_ms} : {how: "", said: "received", at: received.t_ms};
}

function markOf(mark, isSubject) {
  return `<div class="mark ${isSubject ? "ours" : "theirs"}"><b>${isSubject ? "✗" : "!"} ${escaped(mark.clause)}</b> <span class="small">${escaped(mark.level)}, ${escaped(mark.rule)}</span><div>${escaped(named(mark.text))}</div></div>`;
}

const marksOf = (conversation, marks, side) =>
  (marks || []).filter(mark => mark.by === side).map(mark => markOf(mark, side === conversation.subject)).join("");

function differencesOf(event) {
  if (!event.received?.name) return "";
  const renamed = event.received.name === event.name ? "" : `<p>It arrived as ${escaped(event.received.name)}: ${escaped(named(event.received.summary))}</p>`;
  const line = text => text.startsWith("-") ? `<del>${escaped(named(text))}</del>` : `<ins>${escaped(named(text))}</ins>`;
  const lines = event.received.differences.map(line).join("\n") || "The bytes differ; the lines of its detail do not.";
  return `<details open><summary>what was changed</summary>${renamed}<pre>${lines}</pre></details>`;
}

function sideCell(conversation, event, side) {
  const isSender = event.sender === side;
  const {how, said, at} = isSender ? sentBy(event) : receivedBy(event);
  const time = at === undefined ? "" : ` <span class="t">${ms(at)}</span>`;
  return `<td class="side ${how}" data-side="${escaped(side)}">${said}${time}${isSender ? "" : differencesOf(event)}${marksOf(conversation, event.marks, side)}</td>`;
}

/** The violations of the wire that no mark tells of: what the reader gave up. */
function violationsOf(event) {
  const told = new Set((event.marks || []).map(mark => mark.rule));
  return (event.violations || []).filter(line => !told.has(line.split(" ", 1)[0])).map(line => `<div class="viol">${escaped(line)}</div>`).join("");
}

function messageCell(conversation, event) {
  const toRight = event.sender === conversation.requestor;
  const arrow = event.sender ? `<span class="arrow" aria-hidden="true">${toRight ? "→" : "←"}</span><span class="unseen"> from ${escaped(event.sender)}</span>` : "";
  const what = event.detail?.length
    ? `<details><summary>${escaped(named(event.summary) || "details")}</summary><pre>${event.detail.map(line => escaped(named(line))).join("\n")}</pre></details>`
    : `<div>${escaped(named(event.summary))}</div>`;
  return `<th scope="row" class="${toRight ? "toright" : "toleft"}"><span class="name">${escaped(event.name)} ${arrow}</span>${what}${violationsOf(event)}</th>`;
}

function eventRow(conversation, event) {
  const {requestor, acceptor} = conversation;
  if (!event.sender) return `<tr><td></td><th scope="row">${escaped(event.summary)}</th><td></td></tr>`;
  return `<tr>${sideCell(conversation, event, requestor)}${messageCell(conversation, event)}${sideCell(conversation, event, acceptor)}</tr>`;
}

function sideHead(conversation, side, role) {
  const subject = side === conversation.subject ? " (the subject)" : "";
  return `<th scope="col">${escaped(side)}${subject}<div class="soft small">${role}</div>${marksOf(conversation, conversation.marks, side)}</th>`;
}

function ladderOf(conversation) {
  const {requestor, acceptor, end, events} = conversation;
  return `<h4>${escaped(requestor)} → ${escaped(acceptor)} <span class="soft">${escaped(end || "")}</span></h4>
    <table class="wire"><thead><tr>${sideHead(conversation, requestor, "requestor")}<th scope="col">message</th>${sideHead(conversation, acceptor, "acceptor")}</tr></thead><tbody>${events.map(event => eventRow(conversation, event)).join("")}</tbody></table>`;
}

/** The conversation of a case as HTML; empty where the page has none. */
export function conversationOf(one) {
  return (data.timelines[one.number] || []).map(ladderOf).join("");
}

function endOf(command) {
  if (command.status === null) return "ended because its time was over";
  return command.status < 0 ? `ended by signal ${-command.status}` : `exit status ${command.status}`;
}

/** How the subject's commands ended, and what they wrote. */
export function commandsOf(one) {
  const written = (title, text) => text.trim() ? `<div class="soft small">${title}</div><pre>${escaped(text.trimEnd())}</pre>` : "";
  return (data.commands[one.number] || []).map(command =>
    `<p><code>${escaped(command.program)}</code>: ${endOf(command)} after ${command.elapsed_s.toFixed(2)} s</p>${written("standard error", command.errors)}${written("standard output", command.output)}`).join("");
}
