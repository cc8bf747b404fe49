// Follows one part of a drawing through all frames, zooms and pans. Stands behind stepper.js, which calls it.

const ZOOMS = [0.5, 0.7, 1, 1.4, 2, 2.8];

// What a part says at an entry of its track; nothing where it is not there.
function wordsOf(entry) {
  return /\babsent\b/.test(entry[1]) ? "" : entry[2].filter(Boolean).join(" · ");
}

// A choice of what to follow, and what is known of it. `jump` goes to a frame; `numbers` are the frames' numbers.
function follower(parts, numbers, jump, name) {
  const mounts = parts.filter((part) => part.track.some((entry) => entry[1].startsWith("mount")));
  const choice = make("select", { class: "vf-follow", "aria-label": `Follow through the steps${name ? `, ${name}` : ""}` },
    make("option", { value: "" }, name ? `follow, ${name} …` : "follow …"),
    ...mounts.map((part, i) => make("option", { value: i }, part.track.map(wordsOf).find(Boolean) ?? "")));
  const now = make("p", { class: "vf-known", role: "status" });
  const changes = make("p", { class: "vf-changes" });
  const element = make("div", { class: "vf-followed-facts", hidden: "" }, now, changes);
  let followed = null;
  let index = 0;

  function tell() {
    if (followed) now.textContent = wordsOf(entryAt(followed.track, index)) || "not there at this step";
  }

  function follow(part) {
    for (const other of mounts) other.group.classList.remove("vf-followed");
    followed = part ?? null;
    element.hidden = !followed;
    choice.value = followed ? mounts.indexOf(followed) : "";
    if (!followed) return;
    followed.group.classList.add("vf-followed");
    changes.replaceChildren("changes at step ", ...followed.track.filter((entry) => entry[0] || wordsOf(entry)).map(([frame, , texts]) => {
      const step = make("button", { type: "button", title: texts.filter(Boolean).join(" · ") }, String(numbers[frame]));
      step.addEventListener("click", () => jump(frame));
      return step;
    }));
    tell();
  }

  choice.addEventListener("change", () => follow(mounts[choice.value]));
  for (const part of mounts) part.group.addEventListener("click", () => follow(part === followed ? null : part));
  // A step gives a part its class anew.
  const show = (frame) => {
    index = frame;
    followed?.group.classList.add("vf-followed");
    tell();
  };
  return { choice: mounts.length ? choice : "", element, show };
}

// Two buttons that make the drawing larger and smaller; what is too large is dragged.
function zoom(stages) {
  let at = ZOOMS.indexOf(1);
  const smaller = make("button", { type: "button", "aria-label": "Smaller", title: "Smaller" }, "−");
  const larger = make("button", { type: "button", "aria-label": "Larger", title: "Larger" }, "+");
  const set = (wanted) => {
    at = Math.max(0, Math.min(ZOOMS.length - 1, wanted));
    smaller.toggleAttribute("disabled", at === 0);
    larger.toggleAttribute("disabled", at === ZOOMS.length - 1);
    for (const stage of stages) {
      stage.style.setProperty("--vf-zoom", ZOOMS[at]);
      stage.classList.toggle("vf-zoomed", ZOOMS[at] !== 1);
    }
  };
  smaller.addEventListener("click", () => set(at - 1));
  larger.addEventListener("click", () => set(at + 1));
  for (const stage of stages) {
    let from = null;
    stage.addEventListener("pointerdown", (down) => {
      if (down.button === 0) from = [down.clientX + stage.scrollLeft, down.clientY + stage.scrollTop];
    });
    stage.addEventListener("pointermove", (move) => {
      if (from && move.buttons) stage.scrollTo(from[0] - move.clientX, from[1] - move.clientY);
      else from = null;
    });
  }
  return [smaller, larger];
}

// The source of the function that a frame is in, with the line that it is at.
function reader(sources, frames) {
  const name = make("span", { class: "vf-code" });
  const text = make("pre", { tabindex: 0, class: "vf-source" });
  const element = folded("Source", make("p", { class: "vf-note" }, "vfslab's ", name), text);
  let shown = null;
  function show(index) {
    const source = frames[index].source;
    element.hidden = !sources.length;
    if (!source) return;
    const [number, line] = source;
    if (number !== shown) {
      shown = number;
      name.textContent = `${sources[number].name}()`;
      text.replaceChildren(...sources[number].lines.map((words) => make("span", {}, `${words}\n`)));
    }
    text.querySelector(".vf-line")?.classList.remove("vf-line");
    const here = text.children[line];
    here?.classList.add("vf-line");
    if (here && element.open) text.scrollTop = here.offsetTop - text.offsetTop - text.clientHeight / 3;
  }
  return { element, show };
}
