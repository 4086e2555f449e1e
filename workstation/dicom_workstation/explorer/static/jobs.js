// Follows the jobs: a strip of what runs, a word in the live region, counts of what is in memory.
// The server is asked every second while something runs, and seldom otherwise; a hidden page does not ask.

const BUSY_MS = 800;
const IDLE_MS = 5000;
const SHOWN = 4;

const strip = document.querySelector("#jobs");
const status = document.querySelector("#status");
const running = document.querySelector("#running");
const known = new Map();
const listeners = new Set();

/** Says something in the live region. */
export function say(text) {
  if (status.textContent !== text) status.textContent = text;
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
    for (const cell of document.querySelectorAll(`[data-held="${CSS.escape(uid)}"]`)) cell.textContent = count || "";
    for (const link of document.querySelectorAll(`[data-open="${CSS.escape(uid)}"]`)) link.hidden = count === 0;
  }
}

function tell(jobs) {
  for (const job of jobs) {
    const before = known.get(job.id);
    known.set(job.id, job.is_running);
    if (before === true && !job.is_running) say(`${job.operation} ${job.peer} ${job.title}: ${job.result}. ${job.words}`);
  }
  const busy = jobs.filter((job) => job.is_running);
  if (busy.length > 0) say(`${busy[0].operation} ${busy[0].peer} ${busy[0].title}: ${busy[0].words}`);
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
      say("the workstation does not answer");
      again(false);
    }
  };
  document.addEventListener("visibilitychange", step);
  if (Number(document.body.dataset.running) > 0) step();
  else again(false);
}
