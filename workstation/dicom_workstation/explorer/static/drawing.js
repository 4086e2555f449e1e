// What is drawn on a picture before it becomes a presentation state: shutters, lines, circles, texts.
// Points are in pixels of the image; [0, 0] is the corner of its first pixel (PS3.3 C.10.5).

export const DRAWING_TOOLS = [
  ["shutter", "Shutter"],
  ["line", "Line"],
  ["circle", "Circle"],
  ["text", "Text"],
];

const rounded = (point) => point.map((each) => Math.round(each * 100) / 100);

/** A shape from the first to the last point of a drag; null if it is too small to be meant. */
export function shapeOf(tool, first, last, text = "") {
  const isClick = Math.hypot(last[0] - first[0], last[1] - first[1]) < 2;
  if (isClick && tool !== "text") return null;
  return { tool, first, last: isClick ? [first[0] + 120, first[1] + 24] : last, text };
}

/** Draws shapes on a canvas that is set up for the picture. */
export function drawShapes(context, shapes, size, zoom) {
  context.lineWidth = 1.5 / zoom;
  context.strokeStyle = "#ffd95e";
  context.fillStyle = "#ffd95e";
  for (const shape of shapes) {
    const [[x, y], [toX, toY]] = [shape.first, shape.last];
    if (shape.tool === "shutter") {
      context.save();
      context.fillStyle = "#000000d0";
      const outside = new Path2D();
      outside.rect(0, 0, size.width, size.height);
      outside.rect(Math.min(x, toX), Math.min(y, toY), Math.abs(toX - x), Math.abs(toY - y));
      context.clip(outside, "evenodd");
      context.fillRect(0, 0, size.width, size.height);
      context.restore();
    } else if (shape.tool === "line") {
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(toX, toY);
      context.stroke();
    } else if (shape.tool === "circle") {
      context.beginPath();
      context.arc(x, y, Math.hypot(toX - x, toY - y), 0, 2 * Math.PI);
      context.stroke();
    } else {
      context.font = `${14 / zoom}px sans-serif`;
      context.textBaseline = "top";
      context.fillText(shape.text, Math.min(x, toX), Math.min(y, toY));
    }
  }
}

/** The part of the arguments of `present` that the shapes are. */
export function argumentsOf(shapes, rows, columns) {
  const inside = (value, most) => Math.round(Math.min(most, Math.max(1, value)));
  const shutters = [];
  const annotations = [];
  for (const shape of shapes) {
    const [first, last] = [rounded(shape.first), rounded(shape.last)];
    const [left, right] = [first[0], last[0]].toSorted((one, other) => one - other);
    const [upper, lower] = [first[1], last[1]].toSorted((one, other) => one - other);
    if (shape.tool === "shutter") {
      // the edges are the first pixels that are hidden (PS3.3 C.7.6.11)
      shutters.splice(0, 1, {
        shape: "RECTANGULAR",
        left: inside(left, columns),
        right: inside(right + 1, columns),
        upper: inside(upper, rows),
        lower: inside(lower + 1, rows),
      });
    } else if (shape.tool === "line") annotations.push({ type: "POLYLINE", points: [first, last] });
    else if (shape.tool === "circle") annotations.push({ type: "CIRCLE", points: [first, last] });
    else annotations.push({ text: shape.text, box: [[left, upper], [right, lower]] });
  }
  return { shutters, annotations };
}
