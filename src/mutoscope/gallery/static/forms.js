// Selects that send their form themselves, and buttons that are pressed once.
export function forms() {
  for (const select of document.querySelectorAll("[data-submit]")) {
    select.addEventListener("change", () => select.form.requestSubmit());
  }
  for (const form of document.querySelectorAll("form:has([data-once])")) {
    form.addEventListener("submit", () => {
      // After the form has been read: a disabled button is not sent. The server knows a second sending anyway.
      setTimeout(() => form.querySelectorAll("button").forEach((button) => (button.disabled = true)));
    });
  }
  // Back from the next page, by the browser's own memory.
  addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll("button:disabled")) button.disabled = false;
  });
}
