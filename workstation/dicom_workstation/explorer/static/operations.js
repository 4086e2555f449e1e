// What the viewer has the workstation do: the same operations as the forms of the other pages.

const main = document.querySelector("main.viewer");

/** Performs an operation; returns how its job ended. Throws what stood in its way. */
export async function perform(operation, given, peer = "") {
  const body = new URLSearchParams({ csrf: main.dataset.csrf, study: main.dataset.study, arguments: JSON.stringify(given) });
  if (peer) body.set("peer", peer);
  const answer = await fetch(`/do/${operation}`, { method: "POST", body, headers: { accept: "application/json" } });
  if (!answer.ok) throw new Error((await answer.text()).trim());
  const [state] = await answer.json();
  return state;
}
