// What the pages of a widget that asks Python have in common. Stands behind stepper.js, whose helpers it uses.

function pressable(label, does) {
  const made = make("button", { type: "button" }, label);
  made.addEventListener("click", does);
  return made;
}

// Fills a select with names, shown as words, if it has others, and chooses one.
function choices(select, names, chosen, words = names) {
  if (select.children.length !== names.length) {
    select.replaceChildren(...names.map((name, at) => make("option", { value: name }, words[at])));
  }
  select.value = chosen;
}

// A widget's render for a view that `view(ask, state)` makes: `root`, and `show` for whenever the state is another.
function asking(view) {
  return ({ model, el }) => {
    const ask = (what, more = {}) => model.send({ do: what, ...more });
    const { root, show } = view(ask, () => model.get("state"));
    model.on("change:state", show);
    el.append(root);
    return () => model.off("change:state", show);
  };
}

