// Tell those who listen instead of looking.
export function say(text) {
  const region = document.getElementById("live");
  if (region) region.textContent = text;
}
