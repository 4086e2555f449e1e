// The data of the page: base64 of gzip of JSON, in which every text is stored once and named by its number.
import {$} from "./page.js";

async function unpacked() {
  const bytes = Uint8Array.from(atob($("#payload").textContent.trim()), character => character.charCodeAt(0));
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(plain).text());
}

export const data = await unpacked();
export const strings = data.strings;
export const names = data.names;

const text = number => number < 0 ? "" : strings[number];

function parameters(flat) {
  const found = {};
  for (let i = 0; i < flat.length; i += 2) found[strings[flat[i]]] = strings[flat[i + 1]];
  return found;
}

export const cases = data.cases.map((row, number) => ({
  number, id: text(row[0]), scenario: data.scenarios[row[1]], verdict: data.verdicts[row[2]], level: text(row[3]),
  clauses: row[4].map(text), parameters: parameters(row[5]), cells: row[6], elapsedMs: row[7], evidence: text(row[8]),
  reason: text(row[9]), rows: row[10], left: row[11], unobserved: row[12].map(text),
  attempts: row[13].map(verdict => data.verdicts[verdict]),
}));
export const caseById = new Map(cases.map(one => [one.id, one]));

export const findingsOf = one => one.rows.map(row => ({
  check: text(row[0]), met: row[1] === 1, judged: row[1] !== 2, clause: text(row[2]), level: text(row[3]) || one.level,
  expected: text(row[4]), actual: text(row[5]), parameters: row[6] ? parameters(row[6]) : {}, requirement: text(row[7]),
}));

/** The name of a UID, or the text as it is. */
export const label = uid => names[uid] || uid;

const UID = /\b[0-2](?:\.\d+){3,}\b/g;
/** A text in which each UID that has a name has it before it. */
export const named = plain => plain.replace(UID, uid =>
  names[uid] && !plain.includes(names[uid]) ? `${names[uid]} (${uid})` : uid);

export function haystack(one) {
  const values = Object.entries(one.parameters).map(([key, value]) => `${key} ${value} ${names[value] || ""}`);
  one.haystack ??= [one.id, one.scenario.title, one.verdict, ...one.clauses, ...values, one.reason].join(" ").toLowerCase();
  return one.haystack;
}
