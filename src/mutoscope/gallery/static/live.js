// Follow the videos that are at work: progress on their cards and pages, and what has become of them at their end.
import { flipping } from "./flip.js";
import { say } from "./say.js";

const MILLISECONDS = 1500;
const LONGEST = 30000;

export function live() {
  let pause = MILLISECONDS;
  const look = async () => {
    const watched = document.querySelectorAll("[data-live]");
    if (!watched.length) return;
    if (!document.hidden) pause = (await refresh(watched)) ? MILLISECONDS : Math.min(pause * 2, LONGEST);
    setTimeout(look, pause);
  };
  setTimeout(look, MILLISECONDS);
}

// Whether the server answered.
async function refresh(watched) {
  const ids = new URLSearchParams([...watched].map((element) => ["id", element.dataset.live]));
  try {
    const answer = await fetch(`/page/progress?${ids}`);
    if (answer.status === 401) location.reload();
    if (!answer.ok) return false;
    const { videos } = await answer.json();
    const known = new Map(videos.map((video) => [video.id, video]));
    for (const element of watched) await show(element, known.get(element.dataset.live));
    return true;
  } catch {
    return false;
  }
}

async function show(element, video) {
  if (!video) {
    // Deleted meanwhile.
    if ("reload" in element.dataset) location.assign("/");
    else element.remove();
    return;
  }
  if (video.ended) return end(element, video);
  for (const label of element.querySelectorAll("[data-label]")) {
    label.textContent = video.label;
    if (label.matches(".chip")) label.className = `chip is-${video.status}`;
  }
  for (const percent of element.querySelectorAll("[data-percent]")) percent.textContent = video.progress;
  for (const bar of element.querySelectorAll("[data-progress]")) bar.value = video.progress;
}

async function end(element, video) {
  if ("reload" in element.dataset) return location.reload();
  const answer = await fetch(`/page/videos/${encodeURIComponent(video.id)}/card`);
  if (!answer.ok) return;
  const holder = document.createElement("template");
  holder.innerHTML = await answer.text();
  const card = holder.content.querySelector("[data-card]");
  const words = element.querySelector(".card-words")?.textContent.slice(0, 80);
  const hadFocus = element.contains(document.activeElement);
  element.replaceWith(card);
  flipping(card);
  if (hadFocus) card.querySelector("a").focus();
  say(`${video.label}: ${words}`);
}
