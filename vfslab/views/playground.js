// The playground: prompts, what was said, and the mounts as they are now. Python runs the commands; what it
// sends back is shown here. Stands behind asking.js, whose helpers it uses. All text is set as text.

function playground(ask, state) {
  const starts = make("select", { "aria-label": "Start" });
  const releases = make("select", { "aria-label": "Kernel release" });
  const says = make("p", { class: "vf-note" });
  const undo = pressable("Undo", () => ask("undo"));
  const redo = pressable("Redo", () => ask("redo"));
  const steps = pressable("What the kernel did", () => ask("steps"));
  const live = pressable("Run it on my kernel", () => ask("live"));
  const log = make("div", { class: "vf-log", role: "log", "aria-label": "What was typed and said", tabindex: 0 });
  const prompts = make("div", { class: "vf-prompts" });
  const wrong = make("p", { class: "vf-says vf-failed vf-mistake", role: "alert" });
  const stage = make("div", { class: "vf-stage", tabindex: 0, role: "group", "aria-label": "Diagram" });
  const note = make("p", { class: "vf-note" });
  const search = make("input", { type: "search", "aria-label": "Search the mounts", placeholder: "search the mounts" });
  const tree = make("pre", { tabindex: 0, "aria-label": "The mounts as text" });
  const below = make("div", { class: "vf-below" });
  const table = make("textarea", { rows: 5, "aria-label": "A mountinfo", spellcheck: "false" });
  const begin = pressable("Begin with it", () => ask("paste", { text: table.value }));
  const transcript = make("textarea", { rows: 6, "aria-label": "Transcript", spellcheck: "false" });
  const load = pressable("Run this transcript from its start", () => ask("load", { text: transcript.value }));

  const root = make("div", {
    class: "vfslab-stepper vf-play-ground", role: "group", "aria-label": "Playground", "data-lm-suppress-shortcuts": "true",
  },
    make("div", { class: "vf-head" }, make("span", { class: "vf-title" }, "Playground"),
      make("span", { class: "vf-events" }, starts, releases)),
    says,
    make("div", { class: "vf-controls", role: "toolbar", "aria-label": "What was typed" }, undo, redo, steps, live),
    make("div", { class: "vf-bench" },
      make("div", { class: "vf-terminal" }, log, prompts, wrong),
      make("div", { class: "vf-view" }, stage, note, search, tree)),
    below,
    folded("Paste a mountinfo", make("p", { class: "vf-note" }, "What cat /proc/self/mountinfo prints, of any machine."), table, begin),
    folded("Share as transcript", transcript, load));

  const inputs = {};
  const typed = [];
  let shown = null;

  function prompt(shell) {
    const input = make("input", { type: "text", "aria-label": `Command for ${shell}`, autocomplete: "off", spellcheck: "false" });
    let at = typed.length;
    input.addEventListener("keydown", (pressed) => {
      pressed.stopPropagation();
      if (pressed.key === "Enter" && input.value.trim()) {
        typed.push(input.value);
        at = typed.length;
        ask("run", { shell, command: input.value });
        input.value = "";
      } else if (pressed.key === "ArrowUp" || pressed.key === "ArrowDown") {
        pressed.preventDefault();
        at = Math.max(0, Math.min(typed.length, at + (pressed.key === "ArrowUp" ? -1 : 1)));
        input.value = typed[at] ?? "";
      }
    });
    inputs[shell] = input;
    return make("label", { class: "vf-prompt" }, make("span", { class: "vf-code" }, `${shell}#`), input);
  }

  function show() {
    const now = state();
    choices(starts, now.starts, now.start);
    choices(releases, now.releases, now.release);
    says.textContent = now.says;
    undo.toggleAttribute("disabled", !now.undo);
    redo.toggleAttribute("disabled", !now.redo);
    steps.toggleAttribute("disabled", !now.steppable);
    for (const shell of now.shells) if (!inputs[shell]) prompts.append(prompt(shell));
    log.replaceChildren(...now.entries.map((entry) =>
      make("div", { class: entry.failed ? "vf-entry vf-failed" : "vf-entry" },
        make("div", { class: "vf-code vf-typed" }, `${entry.shell}# ${entry.command}`),
        ...(entry.said ? [make("pre", {}, entry.said)] : []))));
    log.scrollTop = log.scrollHeight;
    wrong.textContent = now.wrong;
    wrong.hidden = !now.wrong;
    stage.replaceChildren(...(now.svg ? [drawing(now.svg)] : []));
    stage.hidden = !now.svg;
    stage.firstChild?.setAttribute("aria-label", "The mounts as they are now; the same follows as text.");
    note.textContent = now.note;
    tree.textContent = now.tree;
    transcript.value = now.transcript;
    if (now.shown !== shown) {
      shown = now.shown;
      below.replaceChildren(...(now.steps ? [stepper(now.steps.data, now.steps.svg).root] : []),
        ...(now.live ? [make("pre", { role: "status" }, now.live)] : []));
    }
  }

  for (const field of [table, transcript, search]) field.addEventListener("keydown", (pressed) => pressed.stopPropagation());
  starts.addEventListener("change", () => ask("start", { start: starts.value }));
  releases.addEventListener("change", () => ask("release", { release: releases.value }));
  search.addEventListener("input", () => ask("search", { text: search.value }));

  show();
  return { root, show };
}

export default { render: asking(playground) };
