// What this browser remembers of its user: whether single keys act, and how large a pixel of the screen is.

const KEYS = "explorer.keys";
const PITCH = "explorer.pitch_mm";
export const USUAL_PITCH_MM = 25.4 / 96;

export const keysAreOn = () => localStorage.getItem(KEYS) !== "off";
export const setKeysOn = (on) => localStorage.setItem(KEYS, on ? "on" : "off");

/** The distance of two CSS pixels on this screen, in mm: as measured by the user, else what CSS assumes. */
export function pitchMm() {
  const found = Number(localStorage.getItem(PITCH));
  return found > 0.01 && found < 5 ? found : USUAL_PITCH_MM;
}
export const setPitchMm = (pitch) => localStorage.setItem(PITCH, String(pitch));
