// Where a picture lies in its pane: turned by quarters, then flipped left to right, zoomed, moved.

const QUARTER = Math.PI / 2;

/** How many screen pixels a picture pixel takes when the picture just fits. */
export function fitZoom(view, size, pane) {
  const [width, height] = view.turn % 2 ? [size.height, size.width] : [size.width, size.height];
  return Math.min(pane.width / width, pane.height / height);
}

export const zoomOf = (view, size, pane) => (view.zoom === "fit" ? fitZoom(view, size, pane) : view.zoom);

/** Where the middle of the picture lies: so that its corner is on a whole screen pixel, which keeps it sharp. */
function middle(view, size, pane, zoom) {
  const ratio = globalThis.devicePixelRatio;
  const [width, height] = view.turn % 2 ? [size.height, size.width] : [size.width, size.height];
  const snapped = (half, room, pan) => Math.round((room / 2 + pan - half) * ratio) / ratio + half;
  return [snapped((width * zoom) / 2, pane.width, view.pan[0]), snapped((height * zoom) / 2, pane.height, view.pan[1])];
}

/** Sets the canvas up so that the picture is drawn about the origin. */
export function place(context, view, size, pane, ratio) {
  const zoom = zoomOf(view, size, pane);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.translate(...middle(view, size, pane, zoom));
  if (view.flip) context.scale(-1, 1);
  context.rotate(view.turn * QUARTER);
  context.scale(zoom, zoom);
  context.translate(-size.width / 2, -size.height / 2);
}

/** From a point of the pane to a point of the picture; [0, 0] is the corner of its first pixel. */
export function toPicture(point, view, size, pane) {
  const zoom = zoomOf(view, size, pane);
  const [left, top] = middle(view, size, pane, zoom);
  let x = point[0] - left;
  let y = point[1] - top;
  if (view.flip) x = -x;
  for (let turn = 0; turn < view.turn; turn += 1) [x, y] = [y, -x];
  return [x / zoom + size.width / 2, y / zoom + size.height / 2];
}
