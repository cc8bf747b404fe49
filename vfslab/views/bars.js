// A row for each lock of each task: whether it is held now, and a bar of when it is. Stands behind stepper.js.

// "1 to 4, 7": the frames of spans [first, end, shared], by their numbers.
function stretches(spans, numbers) {
  return spans.map(([first, end, shared]) => {
    const [from, to] = [numbers[first], numbers[end - 1]];
    return `${from === to ? from : `${from} to ${to}`}${shared ? " for reading" : ""}`;
  }).join(", ");
}

// The rows of one timeline, and `show`, which takes them to a frame; a click on a bar goes there by `jump`.
function lockBars(locks, numbers, jump) {
  const length = numbers.length;
  const several = locks.some(({ task }) => task);
  const rows = locks.map(({ lock, task, spans }, at) => {
    const read = spans.some(([, , shared]) => shared) ? " vf-read" : "";
    const state = make("span", { class: `vf-state${read}` });
    const chip = make("span", { class: "vf-lock" }, make("span", { class: "vf-code" }, lock), state);
    const who = make("span", { class: "vf-task" }, task === locks[at - 1]?.task ? "" : task);
    const bar = make("div", { class: "vf-bar", role: "img",
      "aria-label": `${lock}${task ? ` of ${task}` : ""}: held at steps ${stretches(spans, numbers) || "none"}` });
    for (const [first, end, shared] of spans) {
      const stretch = make("span", { class: `vf-stretch${shared ? " vf-shared" : ""}` });
      stretch.style.left = `${(100 * first) / length}%`;
      stretch.style.width = `${(100 * (end - first)) / length}%`;
      bar.append(stretch);
    }
    bar.append(make("span", { class: "vf-cursor" }));
    bar.addEventListener("click", (click) => {
      const box = bar.getBoundingClientRect();
      jump(Math.max(0, Math.min(length - 1, Math.floor(((click.clientX - box.left) / box.width) * length))));
    });
    return { spans, state, chip, cells: several ? [who, chip, bar] : [chip, bar] };
  });
  const element = make("div", { class: `vf-bars${several ? " vf-tasks" : ""}`, role: "group", "aria-label": "Locks" }, ...rows.flatMap((row) => row.cells));
  element.style.setProperty("--vf-step", `${100 / length}%`);
  function show(index) {
    element.style.setProperty("--vf-at", `${(100 * index) / length}%`);
    for (const row of rows) {
      const now = row.spans.find(([first, end]) => first <= index && index < end);
      row.chip.classList.toggle("vf-held", Boolean(now));
      row.state.textContent = now ? (now[2] ? "held for reading" : "held") : "free";
    }
  }
  return { element: rows.length ? element : "", show };
}

// What the signs of the rows mean, a line each.
function lockSigns() {
  const sample = (...parts) => make("span", { class: "vf-bar", "aria-hidden": "true" }, ...parts);
  const signs = [
    [sample(make("span", { class: "vf-stretch" })), "a lock is held by one task alone"],
    [sample(make("span", { class: "vf-stretch vf-shared" })), "it is held for reading: others may read too"],
    [sample(make("span", { class: "vf-cursor" })), "the step that is shown"],
    [make("span", { class: "vf-failed", "aria-hidden": "true" }), "a failure, or a rule that is broken"],
  ];
  return signs.map(([sign, words]) => make("p", { class: "vf-sign" }, sign, words));
}

