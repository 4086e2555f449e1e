// The viewer: panes, series strip, keys. What it shows is in its address.

import { placeOf, readAddress, writeAddress } from "./address.js";
import { contentsOf } from "./frames.js";
import { onProgress, say } from "./jobs.js";
import { followMouse } from "./mouse.js";
import { Pane, freshView } from "./pane.js";
import { keysAreOn } from "./settings.js";
import { askFor } from "./tools.js";
import { Toolbar } from "./toolbar.js";

const PANES = { "1x1": 1, "1x2": 2, "2x2": 4 };
const PAN_PX = 40;

const main = document.querySelector("main.viewer");
const strip = main.querySelector(".series-strip");
const area = main.querySelector(".panes");

class Viewer {
  constructor(contents) {
    this.contents = contents;
    this.panes = [];
    this.layout = "1x1";
    this.tool = "window";
    this.cine = null;
    this.toolbar = new Toolbar(this, main);
    const begin = readAddress(contents);
    this.lay(begin.layout);
    const place = Math.min(begin.pane, this.panes.length - 1);
    this.active = this.panes[place];
    this.active.go(begin.series, begin.image, begin.frame);
    this.active.set({ ...freshView(), ...begin.view });
    this.fill(begin.others, this.panes.toSpliced(place, 1));
    this.activate(this.active);
    this.showStrip();
    this.active.canvas.focus();
  }

  /** Shows images, by their UIDs, in panes; one that has none shows a series that no other pane shows. */
  fill(uids, panes) {
    for (const [place, pane] of panes.entries()) {
      const found = placeOf(this.contents, uids[place]);
      if (found) pane.go(...found);
      else pane.show();
    }
  }

  /** Lays images out as a display protocol says, as many as there are panes for. */
  follow(uids) {
    this.lay(uids.length > 2 ? "2x2" : uids.length === 2 ? "1x2" : "1x1");
    this.fill(uids, this.panes);
    this.panes[0].canvas.focus();
    this.activate(this.panes[0]);
    if (uids.length > this.panes.length) say(`the first ${this.panes.length} of ${uids.length} windows are shown`);
  }

  /** The series after the last that no pane shows; if each is shown, the one of the active pane. */
  get unshownSeries() {
    const shown = this.panes.map((pane) => pane.series);
    const count = this.contents.series.length;
    const after = (shown.at(-1) ?? -1) + 1;
    const free = Array.from({ length: count }, (_, step) => (after + step) % count).find((place) => !shown.includes(place));
    return free ?? this.active?.series ?? 0;
  }

  /** Shows as many panes as a layout has. */
  lay(layout) {
    this.layout = layout;
    area.dataset.layout = layout;
    while (this.panes.length > PANES[layout]) this.panes.pop().element.remove();
    while (this.panes.length < PANES[layout]) {
      const pane = new Pane(this.contents, () => this.changedSoon(pane));
      pane.series = this.unshownSeries;
      const beside = this.panes.filter((each) => each.series === pane.series);
      if (beside.length > 0) pane.image = Math.max(...beside.map((each) => each.image)) + 1;
      followMouse(pane, {
        tool: () => this.tool,
        askText: async () => (await askFor("Text", [["text", "Text", ""]], "Draw"))?.text || null,
        activate: () => this.activate(pane),
        drew: (shape) => this.drew(pane, shape),
      });
      pane.canvas.addEventListener("focus", () => this.activate(pane));
      this.panes.push(pane);
      area.append(pane.element);
    }
    if (!this.panes.includes(this.active)) this.active = this.panes[0];
  }

  setLayout(layout) {
    const before = this.panes.length;
    this.lay(layout);
    for (const pane of this.panes.slice(before)) pane.show();
    this.activate(this.active);
  }

  activate(pane) {
    if (this.cine !== null && this.active !== pane) this.stopCine();
    this.active = pane;
    for (const each of this.panes) each.element.toggleAttribute("data-active", each === pane);
    this.changedSoon(pane);
  }

  changedSoon(pane) {
    if (pane !== this.active) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      writeAddress(this.panes, this.active, this.layout);
      this.toolbar.show();
      this.markStrip();
    }, 120);
  }

  drew(pane, shape) {
    if (pane.view.state) pane.set({ state: null });
    const others = shape.tool === "shutter" ? pane.shapes.filter((each) => each.tool !== "shutter") : pane.shapes;
    pane.shapes = [...others, shape];
    pane.paintSoon();
    this.changedSoon(pane);
  }

  /** Shows the series; a button that is there already stays, and so does the focus. */
  showStrip() {
    const before = new Map([...strip.children].map((each) => [each.dataset.series, each]));
    const buttons = this.contents.series.map((series) => before.get(series.uid) ?? this.seriesButton(series));
    const isSame = buttons.length === before.size && buttons.every((each, place) => each === strip.children[place]);
    if (!isSame) strip.replaceChildren(...buttons);
    for (const [place, series] of this.contents.series.entries()) {
      const frames = series.images.reduce((sum, each) => sum + each.frames, 0);
      const images = series.images.length === 1 ? "1 image" : `${series.images.length} images`;
      buttons[place].lastChild.textContent = frames > series.images.length ? `${images}, ${frames} frames` : images;
    }
    this.markStrip();
  }

  seriesButton(series) {
    const made = document.createElement("button");
    made.type = "button";
    made.dataset.series = series.uid;
    const picture = document.createElement("img");
    picture.loading = "lazy";
    picture.alt = "";
    const middle = series.images[Math.floor(series.images.length / 2)];
    picture.src = `/image/${encodeURIComponent(middle.uid)}/picture?frame=1`;
    const words = document.createElement("span");
    const when = series.study === this.contents.study ? "" : `${series.date || "another study"}: `;
    words.textContent = `${when}${series.modality} ${series.number} ${series.description}`;
    made.append(picture, words, document.createElement("span"));
    made.addEventListener("click", () => {
      const place = this.contents.series.findIndex((each) => each.uid === series.uid);
      this.active.go(place, 0);
      this.active.canvas.focus();
    });
    return made;
  }

  markStrip() {
    [...strip.children].forEach((each, place) => each.setAttribute("aria-current", place === this.active.series));
  }

  /** Takes what has arrived since. */
  async refresh() {
    const contents = await contentsOf(main.dataset.study);
    if (contents === null) return;
    const counts = (found) => found.series.map((each) => each.images.length).join();
    const isSame = counts(contents) === counts(this.contents);
    this.contents = contents;
    for (const pane of this.panes) pane.take(contents);
    if (!isSame) this.showStrip();
  }

  toggleCine() {
    if (this.cine !== null) this.stopCine();
    else this.startCine();
  }

  startCine() {
    const run = { isOn: true };
    this.cine = run;
    const step = async () => {
      if (!run.isOn) return;
      const began = performance.now();
      await this.active.play();
      setTimeout(step, Math.max(0, 1000 / this.toolbar.framesPerSecond - (performance.now() - began)));
    };
    step();
    this.toolbar.show();
  }

  stopCine() {
    if (this.cine === null) return;
    this.cine.isOn = false;
    this.cine = null;
    this.active.show();
    this.toolbar.show();
  }

  nextPane() {
    const next = this.panes[(this.panes.indexOf(this.active) + 1) % this.panes.length];
    next.canvas.focus();
  }

  nextState() {
    const uids = [null, ...this.active.states.map((each) => each.SOPInstanceUID)];
    this.active.set({ state: uids[(uids.indexOf(this.active.view.state) + 1) % uids.length], window: null });
  }

  moveWindow(center, width) {
    const { window } = this.active;
    if (!window || !this.active.facts?.is_gray) return;
    const by = Math.max(1, Math.round(window.width / 40));
    this.active.set({ window: { ...window, center: window.center + center * by, width: Math.max(1, window.width + width * by) } });
  }

  pan(x, y) {
    const [left, top] = this.active.view.pan;
    this.active.set({ pan: [left + x * PAN_PX, top + y * PAN_PX] });
  }

  zoomBy(factor) {
    this.active.set({ zoom: Math.max(0.02, Math.min(40, this.active.zoom * factor)) });
  }

  trueSize() {
    const { trueZoom } = this.active;
    if (trueZoom === null) say("the size of a pixel of this image is not known");
    else this.active.set({ zoom: trueZoom, pan: [0, 0] });
  }
}

const plainKeys = (viewer) => ({
  ArrowDown: () => viewer.active.step(1),
  ArrowUp: () => viewer.active.step(-1),
  ArrowRight: () => viewer.active.go(viewer.active.series, viewer.active.image, viewer.active.frame + 1),
  ArrowLeft: () => viewer.active.go(viewer.active.series, viewer.active.image, viewer.active.frame - 1),
  PageDown: () => viewer.active.go(viewer.active.series + 1, 0),
  PageUp: () => viewer.active.go(viewer.active.series - 1, 0),
  Home: () => viewer.active.go(viewer.active.series, 0),
  End: () => viewer.active.go(viewer.active.series, Number.MAX_SAFE_INTEGER),
  "+": () => viewer.zoomBy(1.25),
  "-": () => viewer.zoomBy(0.8),
  0: () => viewer.active.set({ zoom: "fit", pan: [0, 0] }),
  1: () => viewer.active.set({ zoom: 1, pan: [0, 0] }),
  z: () => viewer.trueSize(),
  i: () => viewer.active.set({ invert: !viewer.active.view.invert }),
  t: () => viewer.active.set({ turn: (viewer.active.view.turn + 1) % 4 }),
  f: () => viewer.active.set({ flip: !viewer.active.view.flip }),
  s: () => viewer.nextState(),
  w: () => viewer.toolbar.nextPreset(),
  c: () => viewer.toggleCine(),
  n: () => viewer.nextPane(),
  d: () => viewer.toolbar.focusDrawing(),
  p: () => location.assign(viewer.toolbar.printAddress()),
  y: () => showWhy(),
  Escape: () => viewer.toolbar.escape(),
});

const why = main.querySelector("details.protocol");

/** Opens the reasons for the display protocol. */
function showWhy() {
  if (why === null) say("no display protocol is configured");
  else {
    why.open = true;
    why.querySelector(".why").focus();
  }
}

function followProtocol(viewer) {
  if (why === null) return;
  why.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !why.open) return;
    event.preventDefault();
    why.open = false;
    why.querySelector("summary").focus();
  });
  const button = why.querySelector("button[data-panes]");
  if (button === null) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    why.open = false;
    viewer.follow(button.dataset.panes.split(","));
  });
}

const arrows = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

function followKeys(viewer) {
  const keys = plainKeys(viewer);
  main.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.target.closest("input, select, dialog, details")) return;
    const isOnControl = event.target.closest("button, a") !== null;
    const arrow = arrows[event.key];
    let act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (arrow && event.shiftKey) act = () => viewer.pan(...arrow);
    if (arrow && event.altKey) act = () => viewer.moveWindow(arrow[1], arrow[0]);
    if (act === undefined || (event.altKey && !arrow)) return;
    if (event.key.length === 1 && !keysAreOn()) return;
    if (isOnControl && arrow && !event.shiftKey && !event.altKey) return;
    event.preventDefault();
    act();
  });
}

const contents = await contentsOf(main.dataset.study);
main.querySelector(".work").hidden = false;
main.querySelector(".tools").hidden = false;
const viewer = new Viewer(contents);
followKeys(viewer);
followProtocol(viewer);
let wasArriving = false;
onProgress((found) => {
  const isArriving = found.jobs.some((job) => job.is_running && job.study === main.dataset.study);
  if (isArriving || wasArriving) viewer.refresh().catch(() => say("the workstation does not answer"));
  wasArriving = isArriving;
});
