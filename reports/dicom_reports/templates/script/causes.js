// The causes of the report of a product: a cause that is opened shows the conversation of one of its cases.
import {$, $$} from "./page.js";
import {caseById} from "./data.js";
import {commandsOf, conversationOf} from "./conversation.js";

function fill(cause) {
  const place = $("[data-conversation]", cause);
  const one = place && caseById.get(place.dataset.conversation);
  if (one && !place.innerHTML) place.innerHTML = commandsOf(one) + conversationOf(one);
}

const causes = $$("details.cause");
for (const cause of causes) cause.addEventListener("toggle", () => { if (cause.open) fill(cause); });

// a page on paper hides nothing that stands in a cause
addEventListener("beforeprint", () => causes.forEach(cause => {
  fill(cause);
  cause.dataset.wasOpen = cause.open;
  cause.open = true;
}));
addEventListener("afterprint", () => causes.forEach(cause => { cause.open = cause.dataset.wasOpen === "true"; }));
