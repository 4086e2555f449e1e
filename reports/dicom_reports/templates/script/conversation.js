// The conversation of a case, event by event, and what the subject's commands wrote.
import {escaped} from "./page.js";
import {data, named} from "./data.js";

function eventRow(conversation, event) {
  const right = event.sender === conversation.requestor;
  const what = event.detail?.length
    ? `<details><summary>${escaped(named(event.summary) || "details")}</summary><pre>${event.detail.map(line => escaped(named(line))).join("\n")}</pre></details>`
    : escaped(named(event.summary));
  const wrong = (event.violations || []).map(line => `<div class="viol">${escaped(line)}</div>`).join("");
  const way = `${right ? "" : "← "}${escaped(event.name)}${right ? " →" : ""}`;
  return `<div class="t">${event.t_ms.toFixed(2)} ms</div><div class="a ${right ? "toright" : "toleft"}"><span class="unseen">${escaped(event.sender)}: </span>${way}</div><div>${what}${wrong}</div>`;
}

/** The conversation of a case as HTML; empty where the page has none. */
export function conversationOf(one) {
  return (data.timelines[one.number] || []).map(conversation =>
    `<h4>${escaped(conversation.requestor)} → ${escaped(conversation.acceptor)} <span class="soft">${escaped(conversation.end || "")}</span></h4><div class="wire">${conversation.events.map(event => eventRow(conversation, event)).join("")}</div>`).join("");
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
