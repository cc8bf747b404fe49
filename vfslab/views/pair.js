// Two timelines side by side: what each does at a place, and all places at a glance. Stands behind stepper.js.

// What a side is called to do at a place with this sign: on the left, on the right.
const SIGNS = {
  "=": ["same in both", "same in both"],
  "<": ["only here", "waits"],
  ">": ["waits", "only here"],
  "<>": ["ends differently", "ends differently"],
};

// A panel with its name and what it does at a place, beside another.
function beside(side, which, svgText, jump) {
  const one = panel(side, svgText, jump);
  const count = make("span", { class: "vf-count" });
  const does = make("span", { class: "vf-does" });
  const element = make("section", { class: "vf-side", "aria-label": side.name },
    make("div", { class: "vf-head" }, make("span", { class: "vf-name" }, side.name), does, count),
    ...one.stages, one.follow.element, ...one.words, one.source);
  function show(index, sign) {
    const frame = one.show(index);
    count.textContent = `step ${frame.number} of ${side.last}`;
    does.textContent = SIGNS[sign][which];
    element.classList.toggle("vf-waits", does.textContent === "waits");
    element.classList.toggle("vf-alone", does.textContent !== "waits" && sign !== "=");
    return frame;
  }
  return { element, show, stages: one.stages, follow: one.follow };
}

// Two drawings of one layout: what is in sight in one is in sight in the other.
function scrollTogether(one, other) {
  for (const [from, to] of [[one, other], [other, one]]) {
    from.addEventListener("scroll", () => to.scrollTo(from.scrollLeft, from.scrollTop));
  }
}

// All places at a glance: a cell each, above what the first does, below what the second does.
function course(data) {
  const cells = data.places.map((at) => make("span", {
    class: `vf-cell${at.events.includes("parting") ? " vf-parts" : ""}`, "data-sign": at.sign,
  }));
  const names = data.sides.map((side) => side.name);
  const bar = make("div", { class: "vf-course", role: "img", "aria-label": `All places: ${data.counts}` }, ...cells);
  const word = make("p", { class: "vf-verdict" }, data.verdict);
  const key = make("p", { class: "vf-note vf-course-key" },
    `Upper row: ${names[0]}. Lower row: ${names[1]}. Empty: not there.${data.places.some((at) => at.events.includes("parting")) ? " ▼: here they part." : ""}`);
  const here = make("p", { class: "vf-here", role: "status" });
  let now = null;
  function show(place) {
    now?.classList.remove("vf-now");
    now = cells[place];
    now.classList.add("vf-now");
    here.textContent = data.places[place].events.includes("parting") ? "▼ Here they part" : "";
  }
  return { elements: [word, bar, key, here], show };
}

