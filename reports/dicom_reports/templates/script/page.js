// What every part of the page needs: elements by selector, text made safe for HTML, numbers as people write them.

export const $ = (selector, within = document) => within.querySelector(selector);
export const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];

const ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"};

export const escaped = text => String(text ?? "").replace(/[&<>"']/g, character => ENTITIES[character]);
export const withCommas = number => number.toLocaleString("en");
export const plural = (count, noun) => `${withCommas(count)} ${noun}${count === 1 ? "" : "s"}`;

/** The worst first. */
export const RANK = {ERROR: 0, FAIL: 1, FLAKY: 2, INCONCLUSIVE: 3, WARN: 4, PASS: 5, NOT_JUDGED: 6, NOT_CLAIMED: 7};
/** What stands for a verdict where there is no room for its name, so that colour is never alone. */
export const SIGN = {ERROR: "‼", FAIL: "✗", FLAKY: "≈", INCONCLUSIVE: "?", WARN: "!", PASS: "✓", NOT_JUDGED: "–", NOT_CLAIMED: "–"};

export const badge = (verdict, text = verdict) => `<span class="v ${verdict}">${escaped(text)}</span>`;
