function render({ model, el }) {
  const view = stepper(model.get("data"), model.get("svg"), model.get("place"), (place) => model.set("place", place));
  const follow = () => view.show(model.get("place"));
  model.on("change:place", follow);
  el.append(view.root);
  return () => {
    view.stop();
    model.off("change:place", follow);
  };
}

export default { render };
