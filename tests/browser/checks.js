// What is wrong with the look of a stepper, as lists of words: empty where all is well.
{
  // Texts that stand out of their card, or on one another, in the frame that is shown.
  clipped(stepper) {
    const found = [];
    const box = (element) => element.getBoundingClientRect();
    const inside = (a, b) =>
      a.left >= b.left - 1 && a.right <= b.right + 1 && a.top >= b.top - 1 && a.bottom <= b.bottom + 1;
    const apart = (a, b) =>
      a.right <= b.left || b.right <= a.left || a.bottom <= b.top + 1 || b.bottom <= a.top + 1;
    const seen = (text) => text.textContent.trim() && getComputedStyle(text).visibility === "visible";
    for (const card of stepper.querySelectorAll(".mount:not(.absent)")) {
      const id = card.dataset.part.slice(1);
      const names = stepper.querySelectorAll(`.tree:not(.absent)[data-part$="-${id}"] text`);
      const texts = [...card.querySelectorAll("text"), ...names].filter(seen);
      for (const text of texts) {
        const words = text.textContent;
        if (!inside(box(text), box(card.querySelector(".card")))) found.push(`${words} leaves its card`);
        for (const other of texts) {
          if (other !== text && !apart(box(text), box(other))) found.push(`${words} on ${other.textContent}`);
        }
      }
    }
    for (const space of stepper.querySelectorAll(".ns:not(.absent)")) {
      const heading = space.querySelector("text");
      if (!inside(box(heading), box(space.querySelector("path")))) found.push(`${heading.textContent} is cut`);
    }
    return found;
  },

  // Parts of the page that reach further to the right than the stepper that they are in.
  tooWide(stepper) {
    const edge = stepper.getBoundingClientRect().right;
    const parts = [...stepper.querySelectorAll("button, select, input, p, .vf-code, .vf-lock, .vf-stage")];
    return parts.filter((part) => part.getBoundingClientRect().right > edge).map((part) => part.outerHTML);
  },

  // Texts with less than 4.5:1 against what they stand on: WCAG 1.4.3.
  hardToRead(stepper) {
    const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const light = (colour) => {
      const [r, g, b] = colour.match(/[\d.]+/g).map((number) => linear(Number(number) / 255));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ratio = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
    const found = [];
    const judge = (words, colour, ground) => {
      if (ratio(colour, ground) < 4.5) found.push(`${words}: ${colour} on ${ground}`);
    };
    for (const card of stepper.querySelectorAll(".mount:not(.absent)")) {
      const ground = getComputedStyle(card.querySelector(".card")).fill;
      for (const text of card.querySelectorAll("text")) judge(text.textContent, getComputedStyle(text).fill, ground);
    }
    const paper = getComputedStyle(stepper).backgroundColor;
    for (const part of stepper.querySelectorAll(".vf-says, .vf-count, .vf-title, .vf-lock, .vf-where, summary")) {
      judge(part.className, getComputedStyle(part).color, paper);
    }
    for (const part of stepper.querySelectorAll("button:not([disabled]), select")) {
      judge(part.className, getComputedStyle(part).color, getComputedStyle(part).backgroundColor);
    }
    return found;
  },
}
