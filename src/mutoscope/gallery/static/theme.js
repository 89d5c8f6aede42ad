// Change the colours without loading the page anew; the server keeps the choice in a cookie.
export function theme() {
  const forms = document.querySelectorAll("[data-theme-form]");
  for (const form of forms) {
    form.addEventListener("submit", (event) => {
      const chosen = event.submitter;
      if (!chosen) return;
      event.preventDefault();
      if (chosen.value) document.documentElement.dataset.theme = chosen.value;
      else delete document.documentElement.dataset.theme;
      for (const button of document.querySelectorAll("[data-theme-form] button")) {
        button.setAttribute("aria-pressed", String(button.value === chosen.value));
      }
      fetch(form.action, { method: "POST", body: new URLSearchParams({ theme: chosen.value }), redirect: "manual" });
    });
  }
}
