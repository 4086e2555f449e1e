// What the server was asked for of each frame: facts, values in modality units, pictures as `render` gives them.

const KINDS = { int16: Int16Array, uint16: Uint16Array, float32: Float32Array };
const MOST = { facts: 4000, values: 120, pictures: 120 };

class Kept {
  constructor(most, load) {
    this.most = most;
    this.load = load;
    this.found = new Map();
  }

  get(key) {
    const before = this.found.get(key);
    if (before !== undefined) {
      this.found.delete(key);
      this.found.set(key, before);
      return before;
    }
    const entry = { value: undefined };
    entry.promise = this.load(key).then(
      (value) => {
        entry.value = value;
        return value;
      },
      (error) => {
        this.found.delete(key);
        throw error;
      },
    );
    this.found.set(key, entry);
    if (this.found.size > this.most) {
      this.found.delete(this.found.keys().next().value);
    }
    return entry;
  }
}

async function answered(address) {
  const answer = await fetch(address);
  if (answer.ok) return answer;
  const text = await answer.text();
  let problem = text.trim();
  try {
    problem = JSON.parse(text).problem ?? problem;
  } catch {
    // the answer is plain text
  }
  throw new Error(problem || `the workstation answered ${answer.status}`);
}

const facts = new Kept(MOST.facts, async (address) => (await answered(address)).json());

const values = new Kept(MOST.values, async (address) => {
  const answer = await answered(address);
  return new KINDS[answer.headers.get("x-kind")](await answer.arrayBuffer());
});

const pictures = new Kept(
  MOST.pictures,
  async (address) => {
    const answer = await answered(address);
    const warnings = JSON.parse(decodeURIComponent(answer.headers.get("x-warnings") || "[]"));
    return { bitmap: await createImageBitmap(await answer.blob()), warnings };
  },
);

const image = (uid) => `/image/${encodeURIComponent(uid)}`;

/** Each returns {promise, value}; the value is undefined until it is there. */
export const factsOf = (uid, frame) => facts.get(`${image(uid)}/facts?frame=${frame}`);
export const valuesOf = (uid, frame) => values.get(`${image(uid)}/values?frame=${frame}`);
/** What tells one picture from another: the address that the server gives it at. */
export function pictureAddress(uid, frame, state, window) {
  const query = new URLSearchParams({ frame });
  if (state) query.set("state", state);
  else if (window) query.set("window", [window.center, window.width, window.function ?? "LINEAR"].join(","));
  return `${image(uid)}/picture?${query}`;
}
export const pictureAt = (address) => pictures.get(address);
export const statesOf = async (uid) => (await answered(`${image(uid)}/states`)).json();
export const contentsOf = async (study) => (await answered(`/viewer/${encodeURIComponent(study)}/contents`)).json();
