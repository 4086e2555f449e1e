// Where a picture lies in its pane: turned by quarters, then flipped left to right, zoomed, moved.

const QUARTER = Math.PI / 2;

/** How many screen pixels a picture pixel takes when the picture just fits. */
export function fitZoom(view, size, pane) {
  const [width, height] = view.turn % 2 ? [size.height, size.width] : [size.width, size.height];
  return Math.min(pane.width / width, pane.height / height);
}

export const zoomOf = (view, size, pane) => (view.zoom === "fit" ? fitZoom(view, size, pane) : view.zoom);

/** Sets the canvas up so that the picture is drawn about the origin. */
export function place(context, view, size, pane, ratio) {
  const zoom = zoomOf(view, size, pane);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.translate(pane.width / 2 + view.pan[0], pane.height / 2 + view.pan[1]);
  if (view.flip) context.scale(-1, 1);
  context.rotate(view.turn * QUARTER);
  context.scale(zoom, zoom);
  context.translate(-size.width / 2, -size.height / 2);
}

/** From a point of the pane to a point of the picture; [0, 0] is the corner of its first pixel. */
export function toPicture(point, view, size, pane) {
  const zoom = zoomOf(view, size, pane);
  let x = point[0] - pane.width / 2 - view.pan[0];
  let y = point[1] - pane.height / 2 - view.pan[1];
  if (view.flip) x = -x;
  for (let turn = 0; turn < view.turn; turn += 1) [x, y] = [y, -x];
  return [x / zoom + size.width / 2, y / zoom + size.height / 2];
}
