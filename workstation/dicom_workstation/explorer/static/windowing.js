// From values in modality units to grey, as PS3.3 C.11.2.1.2 says; for values of 16 bits by a table of all of them.

const OFFSET = 0x8000;

function curve(window) {
  const { center, width } = window;
  if (window.function === "SIGMOID") return (value) => 1 / (1 + Math.exp((-4 * (value - center)) / width));
  if (window.function === "LINEAR_EXACT") return (value) => (value - center) / width + 0.5;
  if (width <= 1) return (value) => (value > center - 0.5 ? 1 : 0);
  return (value) => (value - (center - 0.5)) / (width - 1) + 0.5;
}

const grey = (part, isInverted) => {
  const clipped = Math.min(1, Math.max(0, part));
  return Math.floor((isInverted ? 1 - clipped : clipped) * 255 + 0.5);
};

/** Fills the pixels (Uint32 of RGBA, little endian) from the values of a frame. */
export function applyWindow(values, pixels, window, isInverted) {
  const part = curve(window);
  if (values instanceof Float32Array) {
    for (let place = 0; place < values.length; place += 1) pixels[place] = (0xff000000 | (grey(part(values[place]), isInverted) * 0x010101)) >>> 0;
    return;
  }
  const table = new Uint32Array(0x10000);
  const isSigned = values instanceof Int16Array;
  for (let place = 0; place < table.length; place += 1) {
    table[place] = (0xff000000 | (grey(part(isSigned ? place - OFFSET : place), isInverted) * 0x010101)) >>> 0;
  }
  if (isSigned) for (let place = 0; place < values.length; place += 1) pixels[place] = table[values[place] + OFFSET];
  else for (let place = 0; place < values.length; place += 1) pixels[place] = table[values[place]];
}

/** Windows that a reader of CT chooses by name. */
export const CT_PRESETS = [
  { name: "soft tissue", center: 40, width: 400 },
  { name: "lung", center: -600, width: 1500 },
  { name: "bone", center: 400, width: 1800 },
  { name: "brain", center: 40, width: 80 },
  { name: "liver", center: 60, width: 160 },
];
