// The tabs, by the pattern of ARIA: one of them is in the order of Tab, arrows, Home and End go to the others.
import {$, $$} from "./page.js";
import {go} from "./address.js";

const tabs = $$("[role=tab]");

export function showTab(name) {
  const chosen = tabs.find(tab => tab.dataset.tab === name) || tabs[0];
  for (const tab of tabs) {
    tab.setAttribute("aria-selected", tab === chosen);
    tab.tabIndex = tab === chosen ? 0 : -1;
    $("#tab-" + tab.dataset.tab).classList.toggle("on", tab === chosen);
  }
  return chosen.dataset.tab;
}

const STEPS = {ArrowRight: 1, ArrowLeft: -1};

function pressed(event) {
  const at = tabs.indexOf(event.target);
  let next;
  if (event.key in STEPS) next = tabs[(at + STEPS[event.key] + tabs.length) % tabs.length];
  else if (event.key === "Home") next = tabs[0];
  else if (event.key === "End") next = tabs.at(-1);
  if (!next) return;
  event.preventDefault();
  next.focus();
  go("#" + next.dataset.tab);
}

for (const tab of tabs) {
  tab.addEventListener("click", () => go("#" + tab.dataset.tab));
  tab.addEventListener("keydown", pressed);
}
