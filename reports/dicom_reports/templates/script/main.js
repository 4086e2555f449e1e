// The page: its parts put together. Without it the first tab is still read, for that is plain HTML.
import {caseById} from "./data.js";
import {route, setPlaces} from "./address.js";
import {showTab} from "./tabs.js";
import {activateCase, draw, filter} from "./list.js";
import "./heat.js";
import "./claims.js";
import "./causes.js";
import {closeCase, onClosed, openCase} from "./detail.js";

function tab(name) {
  if (showTab(name) === "cases") draw();
}

function open(one) {
  activateCase(one);
  openCase(one);
}

setPlaces({tab, open, find: id => caseById.get(id), close: closeCase});
onClosed(id => caseById.has(id));
filter();
route();
document.documentElement.dataset.ready = "yes";
