// One pane of the viewer: which frame it shows, and how. While the window or the place changes, the picture is computed
// here from values that were sent once; as soon as nothing changes, it is the picture that the server renders.

import { drawShapes } from "./drawing.js";
import { factsOf, pictureAddress, pictureAt, statesOf, valuesOf } from "./frames.js";
import { place, toPicture, zoomOf } from "./geometry.js";
import { pitchMm } from "./settings.js";
import { applyWindow } from "./windowing.js";

const SETTLE_MS = 140;

const rounded = (value) => String(Math.round(value * 10) / 10);
const lines = (...texts) => texts.filter(Boolean).join("\n");

export const freshView = () => ({ zoom: "fit", pan: [0, 0], turn: 0, flip: false, invert: false, window: null, state: null });

export class Pane {
  /** `changed` is called whenever what the pane shows has changed. */
  constructor(contents, changed) {
    this.contents = contents;
    this.changed = changed;
    this.series = 0;
    this.image = 0;
    this.frame = 1;
    this.view = freshView();
    this.shapes = [];
    this.drafted = null;
    this.facts = null;
    this.factsKey = "";
    this.states = [];
    this.picture = null;
    this.problem = "";
    this.paints = 0;
    this.build();
  }

  build() {
    this.element = document.createElement("div");
    this.element.className = "pane";
    this.canvas = document.createElement("canvas");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    this.element.append(this.canvas);
    this.corners = {};
    for (const name of ["tl", "tr", "bl", "br"]) {
      const corner = document.createElement("div");
      corner.className = `corner ${name}`;
      corner.ariaHidden = "true";
      this.corners[name] = corner;
      this.element.append(corner);
    }
    this.scratch = document.createElement("canvas");
    new ResizeObserver(() => {
      this.paintSoon();
      this.describe();
    }).observe(this.element);
  }

  get shownSeries() {
    return this.contents.series[Math.min(this.series, this.contents.series.length - 1)];
  }

  get shown() {
    const images = this.shownSeries.images;
    return images[Math.min(this.image, images.length - 1)];
  }

  /** What tells one frame from another. */
  get key() {
    return `${this.shown.uid} ${this.frame}`;
  }

  get window() {
    return this.view.window ?? this.facts?.window ?? null;
  }

  /** Takes another list of contents; what is shown stays. */
  take(contents) {
    const [series, image] = [this.shownSeries.uid, this.shown.uid];
    this.contents = contents;
    this.series = Math.max(0, contents.series.findIndex((each) => each.uid === series));
    this.image = Math.max(0, this.shownSeries.images.findIndex((each) => each.uid === image));
    this.describe();
  }

  go(series, image, frame = 1) {
    const most = this.contents.series.length - 1;
    const wanted = Math.max(0, Math.min(most, series));
    if (wanted !== this.series) this.view = freshView();
    if (wanted === this.series) this.heading = Math.sign(image - this.image) || this.heading;
    this.series = wanted;
    this.image = Math.max(0, Math.min(this.shownSeries.images.length - 1, image));
    this.frame = Math.max(1, Math.min(this.shown.frames, frame));
    this.shapes = [];
    if (this.view.state) this.view.state = null;
    this.show();
  }

  step(by) {
    this.go(this.series, this.image + by);
  }

  /** Goes on to the next frame, or image, and from the last to the first; ends when it is on the screen. */
  async play() {
    if (this.shown.frames > 1) this.frame = (this.frame % this.shown.frames) + 1;
    else this.image = (this.image + 1) % this.shownSeries.images.length;
    const wanted = this.key;
    this.wanted = wanted;
    try {
      const found = await factsOf(this.shown.uid, this.frame).promise;
      if (this.wanted !== wanted) return;
      Object.assign(this, { facts: found, factsKey: wanted });
      if (this.facts.is_quick && !this.view.state) await valuesOf(this.shown.uid, this.frame).promise;
      else await this.settle();
      this.paintSoon();
      this.describe();
    } catch (error) {
      this.fail(error);
    }
  }

  set(changes) {
    const before = this.view;
    this.view = { ...before, ...changes };
    if (changes.window && before.state) this.view.state = null;
    this.paintSoon();
    this.settleSoon();
    this.describe();
    this.changed();
  }

  /** Shows another frame: its values if they are here already, and the server's picture of it. */
  async show() {
    const wanted = this.key;
    this.wanted = wanted;
    if (!this.isSettled) this.canvas.dataset.settled = "no";
    this.describe();
    this.changed();
    try {
      const facts = factsOf(this.shown.uid, this.frame);
      const found = facts.value ?? (await facts.promise);
      if (this.wanted !== wanted) return;
      Object.assign(this, { facts: found, factsKey: wanted, problem: "" });
      await this.settle();
      if (this.wanted === wanted) this.readStates(wanted);
    } catch (error) {
      if (this.wanted !== wanted) return;
      this.fail(error);
    }
  }

  async readStates(wanted) {
    const uid = this.shown.uid;
    if (this.statesFor === uid) return;
    const states = await statesOf(uid);
    if (this.wanted !== wanted) return;
    this.statesFor = uid;
    this.states = states;
    this.changed();
  }

  fail(error) {
    this.facts = null;
    this.picture = null;
    this.problem = error.message;
    this.paintSoon();
    this.describe();
    this.changed();
  }

  settleSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.settle().catch((error) => this.fail(error)), SETTLE_MS);
  }

  /** Asks for the server's picture of what is shown; what comes too late is not shown. */
  async settle() {
    const { address, key } = this;
    this.awaited = address;
    const entry = pictureAt(address);
    const picture = entry.value ?? (await entry.promise);
    if (this.awaited !== address) return;
    this.picture = { ...picture, address, key };
    this.paintSoon();
    this.describe();
    this.fetchNeighbours();
  }

  fetchNeighbours() {
    const { images } = this.shownSeries;
    const ahead = this.heading ?? 1;
    for (const near of [1, 2, 3, -1].map((steps) => this.image + steps * ahead)) {
      if (images[near] && !this.view.state) {
        pictureAt(pictureAddress(images[near].uid, 1, null, this.view.window)).promise.catch(() => {});
        factsOf(images[near].uid, 1).promise.catch(() => {});
      }
    }
    if (this.facts?.is_quick) valuesOf(this.shown.uid, this.frame).promise.catch(() => {});
  }

  /** The address of the server's picture of what is shown. */
  get address() {
    return pictureAddress(this.shown.uid, this.frame, this.view.state, this.view.window);
  }

  /** Whether the picture can be computed here, from values that are here. */
  get isComputable() {
    return this.factsKey === this.key && this.facts?.is_quick && !this.view.state && valuesOf(this.shown.uid, this.frame).value !== undefined;
  }

  /** Whether the screen still shows another frame than the one that is wanted. */
  get isWaiting() {
    return this.picture !== null && this.picture.key !== this.key && !this.isComputable;
  }

  get isSettled() {
    return this.picture !== null && this.picture.address === this.address;
  }

  paintSoon() {
    if (this.isPainting) return;
    this.isPainting = true;
    requestAnimationFrame(() => {
      this.isPainting = false;
      this.paint();
    });
  }

  get room() {
    return { width: this.element.clientWidth, height: this.element.clientHeight };
  }

  /** The size of the picture, in its own pixels. */
  get size() {
    const { bitmap } = this.picture ?? {};
    const isKnown = this.factsKey === this.key && this.facts !== null;
    if (bitmap && (this.picture.key === this.key || !isKnown || !this.isComputable)) return { width: bitmap.width, height: bitmap.height };
    return { width: this.facts?.columns ?? 1, height: this.facts?.rows ?? 1 };
  }

  paint() {
    const { room, canvas, view } = this;
    const ratio = window.devicePixelRatio;
    const [width, height] = [Math.round(room.width * ratio), Math.round(room.height * ratio)];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const context = canvas.getContext("2d", { alpha: false });
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#000";
    context.fillRect(0, 0, width, height);
    const source = this.source();
    if (this.wasWaiting !== this.isWaiting) this.describe();
    if (source === null) return;
    const { size } = this;
    place(context, view, size, room, ratio);
    context.imageSmoothingEnabled = zoomOf(view, size, room) < 3;
    context.drawImage(source, 0, 0, size.width, size.height);
    if (view.invert) {
      context.globalCompositeOperation = "difference";
      context.fillStyle = "#fff";
      context.fillRect(0, 0, size.width, size.height);
      context.globalCompositeOperation = "source-over";
    }
    if (this.drawn.length > 0 && this.facts) {
      context.scale(size.width / this.facts.columns, size.height / this.facts.rows);
      drawShapes(context, this.drawn, { width: this.facts.columns, height: this.facts.rows }, zoomOf(view, size, room));
    }
    this.paints += 1;
    canvas.dataset.paints = this.paints;
    canvas.dataset.settled = this.isSettled ? "yes" : "no";
  }

  /** What is drawn: the server's picture, or one computed here while the window changes. */
  source() {
    if (this.isSettled) return this.picture.bitmap;
    if (this.factsKey === this.key && this.facts?.is_quick && !this.view.state) {
      const values = valuesOf(this.shown.uid, this.frame);
      if (values.value !== undefined) return this.computed(values.value);
      values.promise.then(() => this.paintSoon()).catch(() => {});
    }
    return this.picture?.bitmap ?? null;
  }

  computed(values) {
    const { rows, columns } = this.facts;
    if (this.scratch.width !== columns || this.scratch.height !== rows) {
      Object.assign(this.scratch, { width: columns, height: rows });
      this.pixels = new ImageData(columns, rows);
    }
    applyWindow(values, new Uint32Array(this.pixels.data.buffer), this.window, this.facts.is_inverted);
    this.scratch.getContext("2d").putImageData(this.pixels, 0, 0);
    return this.scratch;
  }

  /** Shows a shape that is being drawn; null: none. */
  draft(shape) {
    this.drafted = shape;
    this.paintSoon();
  }

  /** What is drawn over the picture. */
  get drawn() {
    return this.drafted ? [...this.shapes, this.drafted] : this.shapes;
  }

  /** From a point of the pane to a point of the image. */
  pointAt(point) {
    const [x, y] = toPicture(point, this.view, this.size, this.room);
    return [(x * (this.facts?.columns ?? 1)) / this.size.width, (y * (this.facts?.rows ?? 1)) / this.size.height];
  }

  get zoom() {
    return zoomOf(this.view, this.size, this.room);
  }

  /** The zoom at which the picture is as large as the patient; null where the spacing is not known. */
  get trueZoom() {
    const spacing = this.facts?.spacing_mm;
    if (!spacing || this.view.state) return null;
    return (spacing[1] * this.facts.columns) / this.size.width / pitchMm();
  }

  /** Writes what is on the screen into the corners: of whom it is, which image, how it is shown. */
  describe() {
    this.wasWaiting = this.isWaiting;
    const { shownSeries, shown, view } = this;
    const where = `image ${this.image + 1}/${shownSeries.images.length}${shown.frames > 1 ? ` frame ${this.frame}/${shown.frames}` : ""}`;
    if (this.isWaiting) {
      // the corners go on saying what is still on the screen
      this.corners.br.textContent = `loading ${where}`;
      this.canvas.setAttribute("aria-label", `loading ${where}`);
      return;
    }
    const how = view.state || !this.window || !this.facts?.is_gray ? "" : `C ${rounded(this.window.center)} W ${rounded(this.window.width)}`;
    const state = this.states.find((each) => each.SOPInstanceUID === view.state);
    const series = `${shownSeries.modality} ${shownSeries.number} ${shownSeries.description}`.trim();
    const turned = [view.turn && `turned ${view.turn * 90}`, view.flip && "flipped", view.invert && "inverted"].filter(Boolean).join(", ");
    const warnings = this.problem ? [this.problem] : (this.picture?.warnings ?? []);
    const { patient, patient_id: id, birth_date: born, sex, date, study_description: description } = shownSeries;
    this.corners.tl.textContent = lines(patient, id, [born, sex].filter(Boolean).join(" "));
    this.corners.tr.textContent = lines(date, description, series);
    this.corners.bl.textContent = lines(...warnings.slice(0, 3), how, where);
    this.corners.bl.classList.toggle("warn", warnings.length > 0);
    this.corners.br.textContent = lines(turned, state && `state ${state.ContentLabel}`, `${Math.round(this.zoom * 100)} %`);
    const said = [patient, this.isOfOtherStudy && date, series, where, how && `window ${how}`, state && `state ${state.ContentLabel}`, turned, this.problem];
    this.canvas.setAttribute("aria-label", said.filter(Boolean).join(", "));
  }

  get isOfOtherStudy() {
    return this.shownSeries.study !== this.contents.study;
  }
}
