// The address says what the viewer shows: the layout, the image and view of the active pane, the images of the others.

const point = (text) => text.split(",").map(Number);

/** Writes what is shown into the address of the page, without a step in its history. */
export function writeAddress(panes, pane, layout) {
  const { view } = pane;
  const query = new URLSearchParams({ series: pane.shownSeries.uid, image: pane.shown.uid });
  const worklist = new URLSearchParams(location.search).get("worklist");
  if (worklist) query.set("worklist", worklist);
  if (pane.frame > 1) query.set("frame", pane.frame);
  if (view.state) query.set("state", view.state);
  if (view.window) query.set("window", [view.window.center, view.window.width, view.window.function ?? "LINEAR"].join(","));
  if (view.zoom !== "fit") query.set("zoom", Math.round(view.zoom * 1000) / 1000);
  if (view.pan.some((each) => each !== 0)) query.set("pan", view.pan.map(Math.round).join(","));
  if (view.turn) query.set("turn", view.turn * 90);
  for (const name of ["flip", "invert"]) if (view[name]) query.set(name, "1");
  if (layout !== "1x1") {
    query.set("layout", layout);
    query.set("pane", panes.indexOf(pane) + 1);
    query.set("others", panes.filter((each) => each !== pane).map((each) => each.shown.uid).join(","));
  }
  history.replaceState(null, "", `?${query}`);
}

/** Where an image is: its series, and its place in it; null if it is not there any more. */
export function placeOf(contents, uid) {
  const series = contents.series.findIndex((each) => each.images.some((one) => one.uid === uid));
  return series < 0 ? null : [series, contents.series[series].images.findIndex((each) => each.uid === uid)];
}

/** Reads where the page is to begin; anything that is not there any more is left out. */
export function readAddress(contents) {
  const query = new URLSearchParams(location.search);
  const image = query.get("image");
  const series = Math.max(0, placeOf(contents, image)?.[0] ?? contents.series.findIndex((each) => each.uid === query.get("series")));
  const view = {};
  const [center, width, name] = (query.get("window") ?? "").split(",");
  if (Number.isFinite(Number(center)) && Number(width) > 0) view.window = { center: Number(center), width: Number(width), function: name || "LINEAR" };
  if (Number(query.get("zoom")) > 0) view.zoom = Number(query.get("zoom"));
  if (query.has("pan") && point(query.get("pan")).every(Number.isFinite)) view.pan = point(query.get("pan")).slice(0, 2);
  view.turn = (((Math.round(Number(query.get("turn")) / 90) || 0) % 4) + 4) % 4;
  view.flip = query.get("flip") === "1";
  view.invert = query.get("invert") === "1";
  view.state = /^[0-9.]{1,64}$/u.test(query.get("state") ?? "") ? query.get("state") : null;
  return {
    series,
    image: Math.max(0, contents.series[series].images.findIndex((each) => each.uid === image)),
    frame: Math.max(1, Math.round(Number(query.get("frame"))) || 1),
    layout: ["1x2", "2x2"].includes(query.get("layout")) ? query.get("layout") : "1x1",
    pane: Math.max(0, Math.round(Number(query.get("pane")) - 1) || 0),
    others: (query.get("others") ?? "").split(","),
    view,
  };
}
