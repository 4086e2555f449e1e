// Makes the controls of the viewer: buttons, choices, fields, dialogs.

export function button(name, act, options = {}) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = name;
  if (options.label) made.setAttribute("aria-label", options.label);
  if (options.title) made.title = options.title;
  if (options.isToggle) made.setAttribute("aria-pressed", "false");
  made.addEventListener("click", act);
  return made;
}

export function group(name, ...parts) {
  const made = document.createElement("div");
  made.className = "group";
  made.setAttribute("role", "group");
  made.setAttribute("aria-label", name);
  made.append(...parts);
  return made;
}

export function labelled(name, control) {
  const made = document.createElement("label");
  made.append(name, control);
  return made;
}

export function choice(act) {
  const made = document.createElement("select");
  made.addEventListener("change", () => act(made.value));
  return made;
}

export function numberField(act, options = {}) {
  const made = document.createElement("input");
  made.type = "number";
  made.step = options.step ?? "1";
  made.addEventListener("change", () => made.value !== "" && act(Number(made.value)));
  return made;
}

/** Fills a choice with [value, text] pairs; what was chosen stays if it is still there. */
export function fill(select, pairs, chosen) {
  const key = JSON.stringify(pairs);
  if (select.dataset.filled !== key) {
    select.dataset.filled = key;
    select.replaceChildren(
      ...pairs.map(([value, text]) => {
        const option = document.createElement("option");
        option.value = value;
        option.textContent = text;
        return option;
      }),
    );
  }
  select.value = chosen;
}

/** Asks for a few values in a dialog; null if it is cancelled. Fields are [name, label, value]. */
export function askFor(title, fields, done) {
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-label", title);
  const form = document.createElement("form");
  form.method = "dialog";
  const heading = document.createElement("h2");
  heading.textContent = title;
  form.append(heading);
  for (const [name, label, value, options] of fields) {
    const input = document.createElement(options ? "select" : "input");
    input.name = name;
    if (options) fill(input, options, value);
    else input.value = value;
    form.append(labelled(label, input));
  }
  const bar = document.createElement("div");
  bar.className = "bar";
  const ok = document.createElement("button");
  ok.value = "ok";
  ok.className = "main";
  ok.textContent = done;
  const cancel = button("Cancel", () => dialog.close(""));
  bar.append(cancel, ok);
  form.append(bar);
  dialog.append(form);
  document.body.append(dialog);
  dialog.showModal();
  form.querySelector("input, select")?.select?.();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "ok" ? Object.fromEntries(new FormData(form)) : null);
      dialog.remove();
    });
  });
}
