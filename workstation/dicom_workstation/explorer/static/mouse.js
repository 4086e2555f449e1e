// The mouse on a pane: the left button does what is chosen, the middle one pans, the right one zooms, the wheel pages.

import { shapeOf } from "./drawing.js";

const STEP = 1.0035;

const pointOf = (event, canvas) => {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
};

/** How far the window moves for one pixel of the mouse: more where the values spread further. */
const speed = (pane) => Math.max(0.25, Math.min(32, (pane.window?.width ?? 256) / 400));

const acts = {
  window(pane, start, move) {
    if (!start.window || !pane.facts?.is_gray) return;
    const width = Math.max(1, Math.round((start.window.width + move[0] * start.speed) * 10) / 10);
    const center = Math.round((start.window.center + move[1] * start.speed) * 10) / 10;
    pane.set({ window: { ...start.window, center, width } });
  },
  pan(pane, start, move) {
    pane.set({ pan: [start.pan[0] + move[0], start.pan[1] + move[1]] });
  },
  zoom(pane, start, move) {
    pane.set({ zoom: Math.max(0.02, Math.min(40, start.zoom * STEP ** -move[1])) });
  },
};

/** Lets the mouse act on a pane. `tool` tells what the left button does; `askText` asks for the text of a text. */
export function followMouse(pane, { tool, askText, activate, drew }) {
  const { canvas } = pane;
  let drag = null;

  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  canvas.addEventListener("pointerdown", (event) => {
    activate();
    canvas.focus({ preventScroll: true });
    const chosen = event.button === 1 ? "pan" : event.button === 2 ? "zoom" : tool();
    drag = { chosen, at: pointOf(event, canvas), start: { window: pane.window, pan: pane.view.pan, zoom: pane.zoom, speed: speed(pane) } };
    canvas.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (drag === null) return;
    const now = pointOf(event, canvas);
    const act = acts[drag.chosen];
    if (act) act(pane, drag.start, [now[0] - drag.at[0], now[1] - drag.at[1]]);
    else {
      const shape = shapeOf(drag.chosen, pane.pointAt(drag.at), pane.pointAt(now), "text");
      pane.draft(shape);
    }
  });
  canvas.addEventListener("pointerup", async (event) => {
    const ended = drag;
    drag = null;
    if (ended === null || acts[ended.chosen]) return;
    const [first, last] = [pane.pointAt(ended.at), pane.pointAt(pointOf(event, canvas))];
    pane.draft(null);
    const text = ended.chosen === "text" ? await askText() : "";
    const shape = text === null ? null : shapeOf(ended.chosen, first, last, text);
    if (shape) drew(shape);
  });
  canvas.addEventListener("pointercancel", () => {
    drag = null;
    pane.draft(null);
  });
  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      activate();
      if (event.ctrlKey) pane.set({ zoom: Math.max(0.02, Math.min(40, pane.zoom * 1.002 ** -event.deltaY)) });
      else if (pane.shown.frames > 1 && pane.shownSeries.images.length === 1) pane.go(pane.series, pane.image, pane.frame + Math.sign(event.deltaY));
      else pane.step(Math.sign(event.deltaY));
    },
    { passive: false },
  );
}
