// What every page does: keys, the strip of running jobs, the counts of what is in memory.
// Without this script every list, search, retrieve and print works all the same.

import { keysAreOn, setKeysOn } from "./settings.js";
import { followJobs } from "./jobs.js";

const isTyping = (target) => target.closest("input, select, textarea, dialog") !== null && target.type !== "checkbox";

const rows = () => [...document.querySelectorAll("main a.row")];

function moveTo(place) {
  const links = rows();
  if (links.length === 0) return;
  const link = links[Math.max(0, Math.min(links.length - 1, place))];
  link.focus({ preventScroll: true });
  link.closest("tr").scrollIntoView({ block: "nearest" });
}

const here = () => rows().indexOf(document.activeElement.closest("tr")?.querySelector("a.row"));

function retrieveHere() {
  const row = document.activeElement.closest("tr");
  const ticked = document.querySelector("main td.tick input:checked");
  const tick = row?.querySelector("td.tick input");
  if (tick && !ticked) tick.checked = true;
  const button = row?.querySelector("td.actions button[name]") ?? document.querySelector("main form[action='/do/retrieve'] button");
  button?.form.requestSubmit(button.name ? button : undefined);
}

const listKeys = new Map([
  ["ArrowDown", () => moveTo(here() + 1)],
  ["ArrowUp", () => moveTo(here() - 1)],
  ["Home", () => moveTo(0)],
  ["End", () => moveTo(rows().length - 1)],
  [" ", () => document.activeElement.closest("tr")?.querySelector("td.tick input")?.click()],
  ["r", retrieveHere],
  ["p", () => document.activeElement.closest("tr")?.querySelector("a[href^='/print']")?.click()],
  ["PageDown", () => document.querySelector("a[rel='next']")?.click()],
  ["PageUp", () => document.querySelector("a[rel='prev']")?.click()],
  ["Escape", () => document.querySelector("a.up")?.click()],
]);

const everywhere = new Map([
  ["/", () => document.querySelector("form.search input")?.focus()],
  ["j", () => location.assign("/jobs")],
  ["l", () => location.assign("/loaded")],
  ["?", () => location.assign("/keys")],
]);

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (!keysAreOn() && event.key.length === 1 && event.key !== " ") return;
  const isViewer = document.body.classList.contains("viewing");
  const wanted = everywhere.get(event.key) ?? (isViewer ? undefined : listKeys.get(event.key));
  if (wanted === undefined) return;
  if (event.key === " " && event.target.matches("button, a.button, input")) return;
  if (event.key === " " && !event.target.closest("tr")) return;
  event.preventDefault();
  wanted();
});

for (const button of document.querySelectorAll("button[data-days]")) {
  button.addEventListener("click", () => {
    const text = (day) => `${day.getFullYear()}${String(day.getMonth() + 1).padStart(2, "0")}${String(day.getDate()).padStart(2, "0")}`;
    const today = new Date();
    const first = new Date(today);
    first.setDate(first.getDate() - Number(button.dataset.days));
    const field = document.querySelector("input[name='StudyDate']");
    field.value = text(first) === text(today) ? text(today) : `${text(first)}-${text(today)}`;
    field.focus();
  });
}

const keysSwitch = document.querySelector("#keys-on");
if (keysSwitch) {
  keysSwitch.checked = keysAreOn();
  keysSwitch.addEventListener("change", () => setKeysOn(keysSwitch.checked));
}

// a page that waits for something looks again until it is there
if (document.querySelector("[data-again]")) setTimeout(() => location.reload(), 1000);

followJobs();
