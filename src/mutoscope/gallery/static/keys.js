// The keyboard in the gallery. Keys with a modifier, and those typed into a field, are the browser's.
export function keys() {
  const grid = document.querySelector("[data-grid]");
  const search = document.querySelector("[data-search]");
  const help = document.getElementById("keys");
  if (!help) return;
  const steps = {
    j: () => 1,
    ArrowRight: () => 1,
    k: () => -1,
    ArrowLeft: () => -1,
    ArrowDown: () => columnsOf(grid),
    ArrowUp: () => -columnsOf(grid),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    if (event.key === "/" && search) search.select();
    else if (event.key === "?") help.togglePopover();
    else if (event.key in steps && grid && !help.matches(":popover-open")) move(grid, steps[event.key]());
    else return;
    event.preventDefault();
  });
}

function move(grid, step) {
  const links = [...grid.querySelectorAll(".card-link")];
  const now = links.indexOf(document.activeElement);
  const next = now < 0 ? (step > 0 ? 0 : links.length - 1) : now + step;
  links[next]?.focus();
  links[next]?.scrollIntoView({ block: "nearest" });
}

function columnsOf(grid) {
  return getComputedStyle(grid).gridTemplateColumns.split(" ").length;
}
