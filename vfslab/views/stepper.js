// Steps through the frames of a timeline, or of two in lockstep, in the page, without asking a kernel.
// One drawing holds everything that is ever shown; a step changes classes and words.
// Used as it is by anywidget, and inlined into exported pages. All text is set as text.

const PACE = 1000; // milliseconds for each step when playing, at single speed

// Where a call begins and ends its task is in no function of the kernel.
const BETWEEN = ["call", "return"];

const ICONS = {
  previous: "M11 2 4 8l7 6z",
  play: "M4 2v12l9-6z",
  pause: "M4 2h3v12H4zM9 2h3v12H9z",
  next: "M5 2l7 6-7 6z",
  jump: "M2 2l6 6-6 6zM8 2l6 6-6 6z",
};

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS(space, "path"));
  svg.firstChild.setAttribute("d", ICONS[name]);
  return svg;
}

function button(name, label) {
  return make("button", { type: "button", class: `vf-${name}`, title: label, "aria-label": label },
    icon(name), make("span", { class: "vf-word" }, label));
}

function folded(title, ...content) {
  return make("details", { class: "vf-folded" }, make("summary", {}, title), ...content);
}

function drawing(text) {
  const parsed = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  const svg = document.importNode(parsed, true);
  const box = svg.viewBox.baseVal;
  svg.removeAttribute("width");
  svg.removeAttribute("height");
  for (const part of svg.querySelectorAll("[id]")) part.removeAttribute("id"); // it may be drawn twice in a page
  svg.style.setProperty("--vf-width", `${box.width * 1.25}px`);
  return svg;
}

// The parts of the drawing with their tracks: [first frame, class, texts] for every change.
function findParts(svg, tracks) {
  const parts = [];
  for (const group of svg.querySelectorAll("[data-part]")) {
    const track = tracks[group.dataset.part];
    if (track) parts.push({ group, texts: [...group.querySelectorAll(":scope > text")], track, now: null });
  }
  return parts;
}

function entryAt(track, place) {
  let low = 0;
  let high = track.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (track[middle][0] <= place) low = middle;
    else high = middle - 1;
  }
  return track[low];
}

function dress(parts, place) {
  const marked = [];
  for (const part of parts) {
    const entry = entryAt(part.track, place);
    if (entry !== part.now) {
      part.now = entry;
      part.group.setAttribute("class", entry[1]);
      entry[2].forEach((words, i) => { if (part.texts[i].textContent !== words) part.texts[i].textContent = words; });
    }
    if (/\b(new|changed|leaving)\b/.test(entry[1]) && entry[1].startsWith("mount")) marked.push(part.group);
  }
  return marked;
}

// A drawing larger than its stage is scrolled to what has changed, if none of that is in sight.
function bringIntoSight(stage, marked) {
  if (!marked.length || (stage.scrollHeight <= stage.clientHeight && stage.scrollWidth <= stage.clientWidth)) return;
  const frame = stage.getBoundingClientRect();
  const boxes = marked.map((group) => group.getBoundingClientRect());
  const seen = (box) => box.top >= frame.top && box.bottom <= frame.bottom && box.left >= frame.left && box.right <= frame.right;
  if (boxes.some(seen)) return;
  stage.scrollTop += boxes[0].top - frame.top - (frame.height - boxes[0].height) / 2;
  stage.scrollLeft += boxes[0].left - frame.left - (frame.width - boxes[0].width) / 2;
}

function legend(text) {
  const signs = drawing(text);
  signs.setAttribute("aria-label", "legend");
  return make("div", { class: "vf-stage" }, signs);
}

// The longest of some texts, unseen, keeps the room for all of them, so that nothing below moves.
function room(kind, texts) {
  const longest = texts.reduce((found, text) => (text.length > found.length ? text : found), "");
  return make("p", { class: `${kind} vf-room`, "aria-hidden": "true" }, longest);
}

function told(broken) {
  return broken ? `Rule broken: ${broken}` : "No rule is broken so far.";
}

// The sentence, the locks and the picture of one timeline, and `show`, which takes them to a frame.
// `jump` goes to the place of a frame.
function panel(side, svgText, jump) {
  const frames = side.frames;
  const says = make("p", { class: "vf-says", "aria-live": "polite", "aria-atomic": "true" });
  const where = make("span", { class: "vf-code" });
  const broken = make("p", { class: "vf-broken", role: "status" });
  const sentence = make("div", { class: "vf-sentence" }, says, room("vf-says", frames.map((frame) => frame.says)));
  const verdict = frames.some((frame) => frame.broken)
    ? [make("div", { class: "vf-sentence" }, broken, room("vf-broken", frames.map((frame) => told(frame.broken))))] : [];
  const facts = make("div", { class: "vf-facts" },
    make("span", { class: "vf-where" }, "in ", where),
    ...(side.locks.length ? [] : [make("span", {}, "no locks")]));
  const bars = lockBars(side.locks, frames.map((frame) => frame.number), jump);
  const svg = svgText ? drawing(svgText) : null;
  const parts = svg ? findParts(svg, side.tracks) : [];
  // It scrolls where it is narrow, so the keyboard has to get there; left and right stay steps.
  const stage = make("div", { class: "vf-stage", tabindex: 0, role: "group", "aria-label": "Diagram" }, ...(svg ? [svg] : []));

  const follow = follower(parts, frames.map((frame) => frame.number), jump, side.name);
  const source = reader(side.sources, frames);

  function show(index) {
    const frame = frames[index];
    const marked = dress(parts, index);
    follow.show(index);
    source.show(index);
    says.textContent = frame.says;
    const inside = frame.function && !BETWEEN.includes(frame.function);
    where.textContent = inside ? `${frame.function}()` : "";
    // Never without a word, so that the line keeps its height.
    where.parentElement.firstChild.textContent = inside || !frame.task ? `${frame.task} in `.trimStart() : frame.task;
    where.parentElement.classList.toggle("vf-empty", !inside && !frame.task);
    bars.show(index);
    broken.textContent = told(frame.broken);
    broken.classList.toggle("vf-wrong", Boolean(frame.broken));
    says.classList.toggle("vf-failed", frame.events.includes("failure"));
    if (svg) {
      svg.dataset.step = frame.number;
      svg.setAttribute("aria-label", frame.says);
      bringIntoSight(stage, marked);
    }
    return frame;
  }

  return { words: [sentence, ...verdict, facts, bars.element], stages: svg ? [stage] : [], follow, source: source.element, show };
}

// Builds a stepper from its data and its drawing (SVG text, or nothing) and gives its element.
// `start` is the place to open at; `moved` is told every place that is stepped to.
export function stepper(data, svgText, start = 0, moved = () => {}) {
  const pair = Boolean(data.sides);
  const places = data.places || data.frames.map((frame, i) => ({ number: frame.number, events: frame.events, at: [i] }));
  const jumpTo = (which) => (frame) => go(places.findIndex((one) => one.at[which] === frame));
  const panels = pair
    ? data.sides.map((side, which) => beside(side, which, svgText, jumpTo(which)))
    : [panel(data, svgText, jumpTo(0))];
  const stages = panels.flatMap((one) => one.stages);
  const bar = pair ? course(data) : { elements: [], show: () => {} };
  if (pair && svgText) scrollTogether(panels[0].stages[0], panels[1].stages[0]);
  const unit = pair ? "place" : "step";
  const end = places.length - 1;
  const count = make("span", { class: "vf-count" });
  const previous = button("previous", "Previous");
  const play = button("play", "Play");
  const next = button("next", "Next");
  const jump = button("jump", "Next event");
  const slider = make("input", { type: "range", min: 0, max: end, step: 1, "aria-label": pair ? "Place" : "Step" });
  const kinds = make("select", { class: "vf-kinds", "aria-label": "Event to jump to" },
    ...data.events.map(([kind, words]) => make("option", { value: kind }, words)));
  const speed = make("select", { class: "vf-speed", "aria-label": "Speed" },
    ...[0.5, 1, 2, 4].map((times) => make("option", { value: times }, `${times} ×`)));
  speed.value = 1;
  const root = make("div", {
    class: pair ? "vfslab-stepper vf-pair" : "vfslab-stepper", role: "group", tabindex: 0,
    "aria-label": `${pair ? "Comparison" : "Stepper"}: ${data.title}`, "data-lm-suppress-shortcuts": "true",
  },
    make("div", { class: "vf-head" }, make("span", { class: "vf-title vf-code" }, data.title), count),
    make("div", { class: "vf-controls", role: "toolbar", "aria-label": "Steps" }, previous, play, next, slider,
      make("span", { class: "vf-events" }, kinds, jump)),
    make("div", { class: "vf-more", role: "toolbar", "aria-label": "View" }, speed,
      ...(stages.length ? [...panels.map((one) => one.follow.choice), ...zoom(stages)] : [])),
    ...bar.elements,
    ...(pair
      ? [make("div", { class: "vf-sides" }, ...panels.map((one) => one.element))]
      : [...panels[0].words, ...panels[0].stages, panels[0].follow.element, panels[0].source]),
    ...data.notes.map((note) => make("p", { class: "vf-note" }, note)));

  root.append(folded("All steps as text", make("pre", { tabindex: 0 }, data.text)));
  root.append(folded("What the signs mean", ...lockSigns(), ...(data.legend ? [legend(data.legend)] : [])));
  if (!data.events.length) root.querySelector(".vf-events").remove();

  let place = -1;
  let timer = 0;

  function show(wanted) {
    const target = Math.max(0, Math.min(end, wanted));
    if (target === place) return;
    place = target;
    const { number, at, sign } = places[place];
    const shown = panels.map((one, which) => one.show(at[which], sign));
    bar.show(place);
    count.textContent = `${unit} ${number} of ${data.last}`;
    slider.value = place;
    const said = shown.map((frame, which) => (pair ? `${data.sides[which].name}: ${frame.says}` : frame.says));
    slider.setAttribute("aria-valuetext", `${unit} ${number} of ${data.last}: ${said.join("; ")}`);
    previous.toggleAttribute("disabled", place === 0);
    next.toggleAttribute("disabled", place === end);
    root.dataset.step = number;
    moved(place);
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
    setPlay("play", "Play");
  }

  function setPlay(name, label) {
    play.replaceChild(icon(name), play.firstChild);
    play.lastChild.textContent = label;
    play.setAttribute("aria-label", label);
    play.title = label;
  }

  function toggle() {
    if (timer) return stop();
    if (place === end) show(0);
    setPlay("pause", "Pause");
    tick();
  }

  function tick() {
    clearInterval(timer);
    timer = setInterval(() => {
      if (!root.isConnected || place === end) return stop();
      show(place + 1);
    }, PACE / speed.value);
  }

  function go(wanted) {
    stop();
    // A button that is disabled while it has the focus would take the keys with it.
    if (wanted <= 0 && document.activeElement === previous) root.focus();
    if (wanted >= end && document.activeElement === next) root.focus();
    show(wanted);
  }

  function event(direction) {
    for (let i = place + direction; i >= 0 && i <= end; i += direction) {
      if (places[i].events.includes(kinds.value)) return go(i);
    }
    go(direction > 0 ? end : 0);
  }

  const keys = {
    ArrowLeft: () => go(place - 1),
    ArrowRight: () => go(place + 1),
    Home: () => go(0),
    End: () => go(end),
    PageUp: () => event(-1),
    PageDown: () => event(1),
    " ": toggle,
  };

  root.addEventListener("keydown", (pressed) => {
    if (pressed.ctrlKey || pressed.altKey || pressed.metaKey || pressed.target.closest("select")) return;
    if (pressed.key === " " && pressed.target.closest("button")) return; // Space presses the button that has the focus
    const action = keys[pressed.key];
    if (!action) return;
    pressed.preventDefault();
    pressed.stopPropagation();
    action();
  });
  previous.addEventListener("click", () => go(place - 1));
  next.addEventListener("click", () => go(place + 1));
  play.addEventListener("click", toggle);
  jump.addEventListener("click", () => event(1));
  speed.addEventListener("change", () => { if (timer) tick(); });
  slider.addEventListener("input", () => go(Number(slider.value)));

  show(start);
  return { root, show, stop };
}

// An exported page: the drawing is in an image beside which the data stand; both are there without scripts too.
export function adopt(host) {
  if (host.dataset.ready) return;
  host.dataset.ready = "true";
  const data = JSON.parse(host.querySelector("script[type='application/json']").textContent);
  const image = host.querySelector("img");
  const text = image ? decodeURIComponent(image.src.slice(image.src.indexOf(",") + 1)) : "";
  host.querySelector(".vf-still").replaceWith(stepper(data, text).root);
}

