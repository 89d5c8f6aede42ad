import { say } from "./say.js";

// Buttons that copy a text, or the code beside them. Shown only where there is a clipboard.
export function copying() {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const text = button.dataset.copy || button.closest(".code").querySelector("code").textContent;
      await navigator.clipboard.writeText(text);
      say("Copied.");
      const label = button.querySelector("span");
      if (!label) return;
      label.textContent = "Copied";
      setTimeout(() => (label.textContent = "Copy"), 1500);
    });
  }
}
