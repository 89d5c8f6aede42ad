// Turn a clip's stills like the cards of a reel while one points at its card or has it in focus.
const COLUMNS = 4;
const STILLS = 16;
const MILLISECONDS = 140;
// What moves by itself for longer would need a button to stop it.
const ROUNDS = 2;

export function flipping(root = document) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  for (const picture of root.querySelectorAll("img[data-sheet]")) {
    const link = picture.closest("a");
    let timer = 0;
    let reel = null;
    const begin = () => {
      if (timer) return;
      reel ??= reelOf(picture);
      let still = 0;
      timer = setInterval(() => {
        reel.show(still++ % STILLS);
        if (still > STILLS * ROUNDS) end();
      }, MILLISECONDS);
    };
    const end = () => {
      clearInterval(timer);
      timer = 0;
      reel?.hide();
    };
    link.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && begin());
    link.addEventListener("pointerleave", end);
    link.addEventListener("focus", () => link.matches(":focus-visible") && begin());
    link.addEventListener("blur", end);
  }
}

function reelOf(picture) {
  const frame = document.createElement("span");
  const sheet = new Image();
  frame.className = "flip";
  frame.hidden = true;
  sheet.alt = "";
  sheet.src = picture.dataset.sheet;
  frame.append(sheet);
  picture.after(frame);
  return {
    show(still) {
      if (!sheet.complete || !sheet.naturalWidth) return;
      frame.hidden = false;
      const box = picture.getBoundingClientRect();
      const scale = Math.min((box.width * COLUMNS) / sheet.naturalWidth, (box.height * COLUMNS) / sheet.naturalHeight);
      const width = (sheet.naturalWidth * scale) / COLUMNS;
      const height = (sheet.naturalHeight * scale) / COLUMNS;
      const [left, top] = [(box.width - width) / 2, (box.height - height) / 2];
      frame.style.inset = `${top}px ${left}px`;
      sheet.style.width = `${width * COLUMNS}px`;
      sheet.style.left = `${-(still % COLUMNS) * width}px`;
      sheet.style.top = `${-Math.floor(still / COLUMNS) * height}px`;
    },
    hide() {
      frame.hidden = true;
    },
  };
}
