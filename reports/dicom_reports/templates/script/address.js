// Where one is: the part behind # names a tab or a case, so that links and the browser's back and forward work.

const places = {tab: () => {}, find: () => undefined, open: () => {}, close: () => {}};

/** Name what shows a tab, finds a case by its id, opens a case and closes it. */
export function setPlaces(given) {
  Object.assign(places, given);
}

export function addressed() {
  let named = location.hash.slice(1);
  try {
    named = decodeURIComponent(named);
  } catch {
    // not an address of ours: it is looked up as it stands
  }
  return named.startsWith("case=") ? named.slice(5) : named;
}

export const addressOf = id => "#" + encodeURIComponent(id).replaceAll("%2F", "/");

export function route() {
  const place = addressed(), one = places.find(place);
  if (one) {
    places.tab("cases");
    places.open(one);
  } else {
    places.close();
    places.tab(place);
  }
}

export function go(address) {
  if (location.hash === address) route();
  else location.hash = address;
}

addEventListener("hashchange", route);
