// Follows the jobs: a strip of what runs, a word in the live region, counts of what is in memory.
// The server is asked every second while something runs, and seldom otherwise; a hidden page does not ask.

const BUSY_MS = 800;
const IDLE_MS = 5000;
const SHOWN = 4;
const TOLD = "explorer.told"; // the newest job that was seen
const WAITING = "explorer.waiting"; // those that still ran then

const strip = document.querySelector("#jobs");
const status = document.querySelector("#status");
const running = document.querySelector("#running");
const listeners = new Set();

/** Says something in the live region; what went wrong is said in the colour of warnings. */
export function say(text, isProblem = false) {
  if (status.textContent !== text) status.textContent = text;
  status.classList.toggle("problem", isProblem);
}

/** Calls a function with each answer about the jobs. */
export const onProgress = (listener) => listeners.add(listener);

function line(job) {
  const row = document.createElement("div");
  const what = document.createElement("a");
  what.href = `/jobs/${job.id}`;
  what.textContent = `${job.operation} ${job.peer}`;
  const bar = document.createElement("progress");
  bar.setAttribute("aria-label", `${job.operation} ${job.title}`);
  if (job.total) {
    bar.max = job.total;
    bar.value = job.done;
  }
  const title = document.createElement("span");
  title.textContent = job.title;
  const words = document.createElement("span");
  words.className = "words";
  words.textContent = job.words;
  row.append(what, title, bar, words);
  return row;
}

function showRows(jobs) {
  for (const job of jobs) {
    const place = document.querySelector(`[data-job="${CSS.escape(job.id)}"]`);
    if (!place) continue;
    const badge = place.querySelector(".badge");
    if (badge) badge.textContent = job.result.replaceAll("_", " ");
    place.querySelector(".words").textContent = job.words;
    const bar = place.querySelector("progress");
    if (bar && job.total) {
      bar.max = job.total;
      bar.value = job.done;
    }
    if (bar && !job.is_running) location.reload();
  }
}

function showHeld(held) {
  for (const [uid, count] of Object.entries(held)) {
    for (const cell of document.querySelectorAll(`[data-held="${CSS.escape(uid)}"]`)) cell.textContent = count || (cell.tagName === "TD" ? "" : "0");
    for (const link of document.querySelectorAll(`[data-open="${CSS.escape(uid)}"]`)) link.hidden = count === 0;
  }
}

const named = (job) => [job.operation.replaceAll("_", " "), job.peer, job.title].filter(Boolean).join(" ");

/** Says how jobs ended, each once in this tab, and how far the one is that runs. */
function tell(jobs) {
  const busy = jobs.filter((job) => job.is_running);
  const last = Number(sessionStorage.getItem(TOLD) ?? "-1");
  const ended = jobs.filter((job) => !job.is_running && Number(job.id) > last && last >= 0);
  const waiting = new Set(JSON.parse(sessionStorage.getItem(WAITING) ?? "[]"));
  for (const job of jobs) if (!job.is_running && waiting.has(job.id)) ended.push(job);
  const newest = Math.max(0, last, ...jobs.map((job) => Number(job.id)));
  sessionStorage.setItem(TOLD, newest);
  sessionStorage.setItem(WAITING, JSON.stringify(busy.map((job) => job.id)));
  if (ended.length > 0) say(`${named(ended[0])}: ${ended[0].result.replaceAll("_", " ")}. ${ended[0].words}`, !ended[0].is_well);
  else if (busy.length > 0) say(`${named(busy[0])}: ${busy[0].words}`);
}

async function look() {
  const places = new Set([...document.querySelectorAll("[data-held]")].map((cell) => cell.dataset.held));
  const answer = await fetch(`/jobs/progress?held=${[...places].slice(0, 500).join(",")}`);
  if (!answer.ok) return false;
  const found = await answer.json();
  const busy = found.jobs.filter((job) => job.is_running);
  running.hidden = found.running === 0;
  running.textContent = found.running;
  strip.hidden = busy.length === 0;
  strip.replaceChildren(...busy.slice(0, SHOWN).map(line));
  tell(found.jobs);
  showRows(found.jobs);
  showHeld(found.held);
  for (const listener of listeners) listener(found);
  return found.running > 0;
}

/** Asks for the jobs from now on, until the page is left. */
export function followJobs() {
  let timer = 0;
  const again = (busy) => {
    timer = setTimeout(step, busy ? BUSY_MS : IDLE_MS);
  };
  const step = async () => {
    clearTimeout(timer);
    if (document.hidden) return;
    try {
      again(await look());
    } catch {
      say("the workstation does not answer", true);
      again(false);
    }
  };
  document.addEventListener("visibilitychange", step);
  step();
}
