// The toolbar of the viewer: it shows how the active pane stands, and acts on it.

import { DRAWING_TOOLS, argumentsOf } from "./drawing.js";
import { say } from "./jobs.js";
import { perform } from "./operations.js";
import { pitchMm, setPitchMm } from "./settings.js";
import { askFor, button, choice, fill, group, labelled, numberField } from "./tools.js";
import { CT_PRESETS } from "./windowing.js";

const LAYOUTS = [
  ["1x1", "1", "One pane"],
  ["1x2", "1x2", "Two panes"],
  ["2x2", "2x2", "Four panes"],
];
const MOUSE = [
  ["window", "Window"],
  ["pan", "Pan"],
  ["zoom", "Zoom"],
];

export class Toolbar {
  constructor(viewer, main) {
    this.viewer = viewer;
    this.devices = JSON.parse(main.dataset.devices);
    this.leave = main.dataset.worklist ? `/worklists/${encodeURIComponent(main.dataset.worklist)}` : "/loaded";
    this.framesPerSecond = 15;
    this.bar = main.querySelector(".tools");
    this.bar.append(this.layouts(), this.mouse(), this.windows(), this.places(), this.motion(), this.statesAndDrawing(), this.results());
  }

  get pane() {
    return this.viewer.active;
  }

  layouts() {
    this.layoutButtons = LAYOUTS.map(([layout, text, label]) => [layout, button(text, () => this.viewer.setLayout(layout), { label, isToggle: true })]);
    return group("Layout", ...this.layoutButtons.map(([, each]) => each));
  }

  mouse() {
    this.toolButtons = MOUSE.map(([tool, text]) => [tool, button(text, () => this.choose(tool), { isToggle: true, title: "what the left mouse button does" })]);
    return group("Left mouse button", ...this.toolButtons.map(([, each]) => each));
  }

  choose(tool) {
    this.viewer.tool = tool;
    this.show();
  }

  windows() {
    this.preset = choice((value) => this.choosePreset(value));
    this.center = numberField((center) => this.pane.set({ window: { ...this.pane.window, center } }), { step: "any" });
    this.width = numberField((width) => width > 0 && this.pane.set({ window: { ...this.pane.window, width } }), { step: "any" });
    return group("Window", labelled("Preset", this.preset), labelled("C", this.center), labelled("W", this.width));
  }

  get presets() {
    const own = this.pane.facts?.windows ?? [];
    const named = this.pane.shownSeries.modality === "CT" ? CT_PRESETS : [];
    return [
      ["", "as stored"],
      ...own.slice(1).map((each) => [JSON.stringify(each), `${each.center} / ${each.width}`]),
      ...named.map(({ name, center, width }) => [JSON.stringify({ center, width, function: "LINEAR" }), name]),
      ...(this.pane.facts?.is_quick ? [["all", "whole range"]] : []),
    ];
  }

  choosePreset(value) {
    const { facts } = this.pane;
    if (value === "other") return;
    if (value === "all") this.pane.set({ window: { center: (facts.low + facts.high + 1) / 2, width: Math.max(1, facts.high - facts.low + 1), function: "LINEAR" } });
    else this.pane.set({ window: value === "" ? null : JSON.parse(value) });
  }

  nextPreset() {
    const values = this.presets.map(([value]) => value);
    this.choosePreset(values[(values.indexOf(this.preset.value) + 1) % values.length]);
  }

  places() {
    const set = (changes) => () => this.pane.set(changes);
    this.trueSize = button("True size", () => this.viewer.trueSize());
    this.turn = button("Turn", () => this.pane.set({ turn: (this.pane.view.turn + 1) % 4 }));
    this.flip = button("Flip", () => this.pane.set({ flip: !this.pane.view.flip }), { isToggle: true });
    this.invert = button("Invert", () => this.pane.set({ invert: !this.pane.view.invert }), { isToggle: true });
    return group(
      "Place",
      button("Fit", set({ zoom: "fit", pan: [0, 0] })),
      button("1:1", set({ zoom: 1, pan: [0, 0] }), { label: "One to one" }),
      this.trueSize,
      button("\u2212", () => this.viewer.zoomBy(0.8), { label: "Zoom out" }),
      button("+", () => this.viewer.zoomBy(1.25), { label: "Zoom in" }),
      this.turn,
      this.flip,
      this.invert,
    );
  }

  motion() {
    this.cine = button("Cine", () => this.viewer.toggleCine(), { isToggle: true });
    this.speed = numberField((value) => {
      this.framesPerSecond = Math.max(1, Math.min(60, value));
    });
    this.speed.value = this.framesPerSecond;
    return group("Cine", this.cine, labelled("a second", this.speed));
  }

  statesAndDrawing() {
    this.state = choice((value) => this.pane.set({ state: value || null, window: null }));
    this.drawButtons = DRAWING_TOOLS.map(([tool, text]) => [tool, button(text, () => this.draw(tool), { isToggle: true })]);
    this.undo = button("Undo", () => {
      this.pane.shapes = this.pane.shapes.slice(0, -1);
      this.pane.paintSoon();
      this.show();
    });
    this.create = button("Create state", () => this.attempt(() => this.createState()));
    return group("Presentation state", labelled("State", this.state), ...this.drawButtons.map(([, each]) => each), this.undo, this.create);
  }

  /** Chooses a drawing tool; with the keyboard, a shape is drawn by its numbers. */
  async draw(tool) {
    const isKey = this.drawButtons.find(([name]) => name === tool)[1].matches(":focus-visible");
    this.choose(tool);
    if (!isKey || !this.pane.facts) return;
    const { rows, columns } = this.pane.facts;
    const quarter = [Math.round(columns / 4), Math.round(rows / 4), Math.round((3 * columns) / 4), Math.round((3 * rows) / 4)];
    const fields = [["from", "From (column, row)", `${quarter[0]}, ${quarter[1]}`], ["to", "To (column, row)", `${quarter[2]}, ${quarter[3]}`]];
    if (tool === "text") fields.unshift(["text", "Text", ""]);
    const given = await askFor(`Draw: ${tool}`, fields, "Draw");
    if (given === null) return;
    const [first, last] = [given.from, given.to].map((text) => text.split(",").map(Number));
    if (![...first, ...last].every(Number.isFinite) || first.length !== 2 || last.length !== 2) say("a point is a column and a row: 100, 200");
    else if (tool !== "text" || given.text) this.viewer.drew(this.pane, { tool, first, last, text: given.text ?? "" });
  }

  focusDrawing() {
    this.drawButtons[0][1].focus();
  }

  escape() {
    if (DRAWING_TOOLS.some(([tool]) => tool === this.viewer.tool)) {
      this.choose("window");
      this.pane.canvas.focus();
    } else location.assign(this.leave);
  }

  results() {
    const act = (name, run) => button(name, () => this.attempt(run));
    return group(
      "Results",
      act("Save picture", () => this.save()),
      act("Send", () => this.send()),
      button("Print", () => location.assign(this.printAddress())),
      button("Screen", () => this.measureScreen(), { title: "how large a pixel of this screen is, for true size" }),
    );
  }

  async attempt(run) {
    try {
      await run();
    } catch (error) {
      say(error.message, true);
    }
  }

  /** The image and how it is shown, as `render`, `save` and `print` take it. */
  get asked() {
    const { pane } = this;
    const found = { SOPInstanceUID: pane.shown.uid, frame: pane.frame };
    if (pane.view.state) found.state = pane.view.state;
    else if (pane.view.window) found.window = pane.view.window;
    return found;
  }

  async createState() {
    const { pane } = this;
    const { view, facts, shown } = pane;
    const given = await askFor("Create a presentation state", [["label", "Label", "PRESENTATION"], ["description", "Description", ""], ["creator", "Created by", ""]], "Create");
    if (given === null) return;
    const image = shown.frames > 1 ? { SOPInstanceUID: shown.uid, frames: [pane.frame] } : { SOPInstanceUID: shown.uid };
    const drawn = argumentsOf(pane.shapes, facts.rows, facts.columns);
    const state = await perform("present", {
      images: [image],
      label: given.label.toUpperCase(),
      description: given.description,
      creator: given.creator,
      rotate: view.turn * 90,
      flip: view.flip,
      polarity: view.invert ? "REVERSE" : "NORMAL",
      ...(view.window ? { window: view.window } : {}),
      ...drawn,
    });
    if (!state.created) throw new Error(`the state was not created: ${state.words}`);
    say(`state ${given.label.toUpperCase()} created${state.words ? `: ${state.words}` : ""}`);
    Object.assign(pane, { shapes: [], statesFor: null });
    this.choose("window");
    pane.set({ turn: 0, flip: false, invert: false, window: null, state: state.created });
    await pane.show();
  }

  async save() {
    const state = await perform("save", this.asked);
    if (!state.created) throw new Error(`the picture was not saved: ${state.words}`);
    say(`saved as a Secondary Capture image${state.words ? `: ${state.words}` : ""}`);
    await this.viewer.refresh();
  }

  async send() {
    const what = [["image", "this image"], ["series", "this series"], ["state", "this presentation state"]].filter(([value]) => value !== "state" || this.pane.view.state);
    const given = await askFor("Send", [["what", "What", this.pane.view.state ? "state" : "image", what], ["peer", "To", this.devices[0] ?? "", this.devices.map((name) => [name, name])]], "Send");
    if (given === null) return;
    if (!given.peer) throw new Error("no archive is configured");
    const { pane } = this;
    const instances = { image: [pane.shown.uid], series: pane.shownSeries.images.map((each) => each.uid), state: [pane.view.state] }[given.what];
    const state = await perform("store", { instances }, given.peer);
    say(`sent to ${given.peer}: ${state.result}. ${state.words}`);
  }

  printAddress() {
    const { pane } = this;
    const query = new URLSearchParams({ images: pane.shown.uid, preview: "1" });
    if (pane.shown.frames > 1) query.set("frame", pane.frame);
    if (pane.view.state) query.set("state", pane.view.state);
    else if (pane.view.window) query.set("window", `${pane.view.window.center},${pane.view.window.width}`);
    return `/print?${query}`;
  }

  async measureScreen() {
    const given = await askFor("Size of a pixel of this screen", [["pitch", "Distance of two pixels in mm", String(Math.round(pitchMm() * 10_000) / 10_000)]], "Keep");
    if (given && Number(given.pitch) > 0) setPitchMm(Number(given.pitch));
    this.pane.describe();
  }

  /** Shows how the active pane stands. */
  show() {
    const { viewer, pane } = this;
    const { view, facts } = pane;
    const press = (made, isPressed) => made.setAttribute("aria-pressed", String(isPressed));
    for (const [layout, made] of this.layoutButtons) press(made, layout === viewer.layout);
    for (const [tool, made] of [...this.toolButtons, ...this.drawButtons]) press(made, tool === viewer.tool);
    press(this.flip, view.flip);
    press(this.invert, view.invert);
    press(this.cine, viewer.cine !== null);
    const isGray = facts?.is_gray ?? false;
    const chosen = this.presets.map(([value]) => value).find((value) => value && value !== "all" && view.window && JSON.parse(value).center === view.window.center && JSON.parse(value).width === view.window.width);
    fill(this.preset, view.window && !chosen ? [...this.presets, ["other", "by hand"]] : this.presets, view.window ? (chosen ?? "other") : "");
    for (const control of [this.preset, this.center, this.width]) control.disabled = !isGray;
    for (const [field, name] of [[this.center, "center"], [this.width, "width"]]) {
      if (document.activeElement !== field) field.value = isGray && pane.window ? Math.round(pane.window[name] * 10) / 10 : "";
    }
    this.trueSize.disabled = pane.trueZoom === null;
    this.cine.disabled = pane.shown.frames === 1 && pane.shownSeries.images.length === 1;
    this.undo.disabled = pane.shapes.length === 0;
    this.create.disabled = !isGray;
    const states = pane.states.map((each) => [each.SOPInstanceUID, [each.ContentLabel, each.ContentDescription].filter(Boolean).join(": ")]);
    fill(this.state, [["", states.length > 0 ? `none of ${states.length}` : "none"], ...states], view.state ?? "");
  }
}
