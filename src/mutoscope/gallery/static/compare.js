// Source and remix in step: one play head moves both, the longer clip leads, the shorter one rests on its last picture.
const DRIFT = 0.04;
const FRAME = 1 / 24;

export function comparing() {
  const root = document.querySelector("[data-compare]");
  if (!root) return;
  const clips = [...root.querySelectorAll("[data-clip]")];
  Promise.all(clips.map(known)).then(() => begin(root, clips), () => {});
}

// Once a clip's length and size are known. Where one cannot be read, its own controls stay and say so.
function known(clip) {
  if (clip.readyState >= HTMLMediaElement.HAVE_METADATA) return Promise.resolve();
  return new Promise((resolve, reject) => {
    clip.addEventListener("loadedmetadata", resolve, { once: true });
    clip.addEventListener("error", reject, { once: true });
  });
}

function begin(root, clips) {
  const find = (name) => root.querySelector(`[data-${name}]`);
  const [leader, follower] = clips.toSorted((one, other) => other.duration - one.duration);
  const length = leader.duration;
  const frame = measured(leader);
  for (const clip of clips) clip.controls = false;
  for (const name of ["controls", "keys"]) find(name).hidden = false;

  const seek = (time) => {
    const at = Math.min(Math.max(time, 0), length);
    leader.currentTime = at;
    follower.currentTime = Math.min(at, follower.duration);
    show();
  };
  const play = () => {
    if (leader.ended || leader.currentTime >= length - 0.01) seek(0);
    leader.play();
  };
  const toggle = () => (leader.paused ? play() : leader.pause());
  const step = (pictures) => {
    leader.pause();
    seek((Math.round(leader.currentTime / frame()) + pictures) * frame() + 0.001);
  };
  const show = () => {
    const at = leader.currentTime;
    find("scrub").value = at;
    find("scrub").setAttribute("aria-valuetext", `${at.toFixed(2)} of ${length.toFixed(2)} seconds`);
    find("time").textContent = `${at.toFixed(2)} / ${length.toFixed(2)} s`;
  };
  const keepInStep = () => {
    const at = Math.min(leader.currentTime, follower.duration);
    const isOver = leader.currentTime >= follower.duration;
    if (Math.abs(follower.currentTime - at) > DRIFT) follower.currentTime = at;
    if (!isOver && follower.paused && !leader.paused) follower.play();
    show();
    if (!leader.paused) requestAnimationFrame(keepInStep);
  };
  leader.addEventListener("play", () => {
    named(find("play"), "Pause", "pause");
    keepInStep();
  });
  leader.addEventListener("pause", () => {
    follower.pause();
    named(find("play"), "Play", "play");
    keepInStep();
  });

  find("play").addEventListener("click", toggle);
  find("scrub").max = length;
  find("scrub").addEventListener("input", (event) => seek(Number(event.target.value)));
  for (const button of root.querySelectorAll("[data-step]")) {
    button.addEventListener("click", () => step(Number(button.dataset.step)));
  }
  const way = wiping(root, clips);
  // A press with the mouse leaves the focus where it was, so that Space goes on playing instead of pressing once more.
  root.addEventListener("mousedown", (event) => event.target.closest("button") && event.preventDefault());
  keyboard({ toggle, step, way, jump: (seconds) => seek(leader.currentTime + seconds) });
  show();
}

// The divider, and the choice between it and side by side.
function wiping(root, clips) {
  const stage = root.querySelector("[data-stage]");
  const wipe = root.querySelector("[data-wipe]");
  const line = root.querySelector("[data-line]");
  const remix = clips.find((clip) => clip.dataset.clip === "remix");
  const shape = remix.videoWidth / remix.videoHeight;
  const move = (percent) => {
    wipe.value = percent;
    wipe.setAttribute("aria-valuetext", `${wipe.value} percent source`);
    stage.style.setProperty("--wipe", `${wipe.value}%`);
  };
  const choose = (way) => {
    root.dataset.way = way;
    wipe.hidden = line.hidden = way !== "wipe";
    stage.style.aspectRatio = way === "wipe" ? String(shape) : "";
    // As wide as its height allows, so that no band of nothing lies beside the picture.
    stage.style.width = way === "wipe" ? `min(100%, ${shape} * min(66vh, 42rem))` : "";
    for (const button of root.querySelectorAll("button[data-way]")) {
      button.setAttribute("aria-pressed", String(button.dataset.way === way));
    }
  };
  wipe.addEventListener("input", () => move(Number(wipe.value)));
  for (const button of root.querySelectorAll("button[data-way]")) {
    button.addEventListener("click", () => choose(button.dataset.way));
  }
  move(50);
  choose("wipe");
  return {
    other: () => choose(root.dataset.way === "wipe" ? "beside" : "wipe"),
    move: (percent) => move(Number(wipe.value) + percent),
  };
}

function keyboard({ toggle, step, jump, way }) {
  const does = {
    " ": toggle,
    k: toggle,
    ",": () => step(-1),
    ".": () => step(1),
    ArrowLeft: () => jump(-1),
    ArrowRight: () => jump(1),
    "[": () => way.move(-5),
    "]": () => way.move(5),
    w: way.other,
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in does)) return;
    const target = event.target;
    if (event.key === " " && target.closest("button, a, summary")) return;
    if (event.key.startsWith("Arrow") && target.closest("input")) return;
    event.preventDefault();
    does[event.key]();
  });
}

// How long a picture of the clip stays, as it is seen while it plays; until then what is usual.
function measured(clip) {
  let shortest = Infinity;
  let before = null;
  const look = (_now, { mediaTime, presentedFrames }) => {
    const passed = before && (mediaTime - before.mediaTime) / (presentedFrames - before.presentedFrames);
    if (passed > 0.005) shortest = Math.min(shortest, passed);
    before = { mediaTime, presentedFrames };
    clip.requestVideoFrameCallback(look);
  };
  clip.requestVideoFrameCallback?.(look);
  return () => (shortest < 0.2 ? shortest : FRAME);
}

function named(button, label, symbol) {
  button.setAttribute("aria-label", label);
  const use = button.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${symbol}`));
}
