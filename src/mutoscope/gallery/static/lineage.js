// Bring the video that one came from into sight of the tree's own box.
export function lineage() {
  const box = document.querySelector("[data-tree]");
  const here = box?.querySelector(".is-here");
  if (!here) return;
  const bring = () => {
    const [outer, inner] = [box.getBoundingClientRect(), here.getBoundingClientRect()];
    box.scrollLeft += inner.left - outer.left - (outer.width - inner.width) / 2;
    box.scrollTop += inner.top - outer.top - (outer.height - inner.height) / 2;
  };
  bring();
  // Once more when everything has its size.
  addEventListener("load", bring);
}
