// The panel: a question, a field for the answer, the verdict, and the file of answers. Python makes the
// questions and judges. Stands behind asking.js, whose helpers it uses. All text is set as text.

function practice(ask, state) {
  const kinds = make("select", { "aria-label": "Kind of question" });
  const levels = make("select", { "aria-label": "Level" });
  const seed = make("input", { type: "text", inputmode: "numeric", class: "vf-seed", "aria-label": "Seed", autocomplete: "off" });
  const question = make("pre", { class: "vf-question", tabindex: 0, "aria-label": "Question" });
  const pictures = make("div", { class: "vf-pictures" });
  const field = make("p", { class: "vf-note" });
  const answer = make("textarea", { rows: 2, "aria-label": "Answer", spellcheck: "false", autocomplete: "off" });
  const verdict = make("p", { class: "vf-says vf-verdict", role: "status" });
  const wrong = make("p", { class: "vf-says vf-mistake", role: "alert" });
  const progress = make("span", {});
  const download = make("a", { download: "vfslab-answers.json" }, "Download the answers");
  const file = make("input", { type: "file", accept: "application/json,.json", "aria-label": "A file of answers to be loaded" });
  const check = pressable("Check", () => ask("check", { answer: answer.value }));
  check.classList.add("vf-next");

  const root = make("div", {
    class: "vfslab-stepper vf-practice", role: "group", "aria-label": "Practice", "data-lm-suppress-shortcuts": "true",
  },
    make("div", { class: "vf-head" }, make("span", { class: "vf-title" }, "Practice"), progress),
    make("div", { class: "vf-controls", role: "toolbar", "aria-label": "Which question" },
      kinds, levels, seed, pressable("Next question", () => ask("next"))),
    question, pictures, field, answer,
    make("div", { class: "vf-controls" }, check, pressable("Hint", () => ask("hint"))),
    verdict, wrong,
    make("div", { class: "vf-kept" }, download, file));

  let asked = null;

  function figure(one) {
    const image = make("img", { alt: `Diagram: ${one.title} The question has it in words.` });
    image.src = one.image;
    return make("figure", {}, make("figcaption", { class: "vf-note" }, one.title), image,
      folded("The same as text", make("pre", {}, one.text)));
  }

  function show() {
    const now = state();
    choices(kinds, now.kinds, now.kind);
    choices(levels, now.levels, now.level, now.levels.map((level) => `level ${level}`));
    if (now.asked !== asked) {
      asked = now.asked;
      seed.value = now.seed;
      question.textContent = now.question;
      pictures.replaceChildren(...now.pictures.map(figure));
      field.textContent = `Answer: ${now.form}`;
      answer.value = now.start;
      answer.rows = now.start ? 10 : 2;
    }
    verdict.textContent = now.verdict;
    verdict.hidden = !now.verdict;
    verdict.classList.toggle("vf-right", now.right);
    verdict.classList.toggle("vf-failed", !now.right);
    wrong.textContent = now.wrong;
    wrong.hidden = !now.wrong;
    progress.textContent = now.progress;
    download.href = `data:application/json;charset=utf-8,${encodeURIComponent(now.file)}`;
  }

  for (const one of [seed, answer]) one.addEventListener("keydown", (pressed) => {
    pressed.stopPropagation();
    if (pressed.key !== "Enter") return;
    if (one === seed) seed.blur(); // the change is told once, by its own event
    else if (pressed.ctrlKey || (answer.rows < 3 && !pressed.shiftKey)) {
      pressed.preventDefault();
      ask("check", { answer: answer.value });
    }
  });
  kinds.addEventListener("change", () => ask("kind", { kind: kinds.value }));
  levels.addEventListener("change", () => ask("level", { level: levels.value }));
  seed.addEventListener("change", () => ask("seed", { seed: seed.value }));
  file.addEventListener("change", async () => {
    if (file.files.length) ask("load", { text: await file.files[0].text() });
    file.value = "";
  });

  show();
  return { root, show };
}

export default { render: asking(practice) };
