import { say } from "./say.js";

// The choices follow the model, the price follows the choices, and the plan comes without losing the chosen picture.
export function playground() {
  const form = document.querySelector("[data-playground]");
  if (!form) return;
  form.querySelector("[data-with-script]").hidden = true;
  form.addEventListener("change", async (event) => {
    const isModel = event.target.matches("[data-model]");
    if (!isModel && !event.target.matches("[data-priced]")) return;
    const page = await chosen(form);
    if (!page) return;
    for (const part of isModel ? ["choices", "price", "buttons"] : ["price"]) swap(form, page, `[data-${part}]`);
    swap(form, page, "[data-plan]");
  });
  form.addEventListener("submit", (event) => {
    if (event.submitter?.value !== "plan") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    plan(form, event.submitter);
  }, { capture: true });
}

// The page as the server shows it for the model, size and length that are chosen now.
async function chosen(form) {
  const fields = new FormData(form);
  const query = new URLSearchParams();
  for (const name of ["model", "size", "seconds", "seed", "generate_audio"]) {
    if (fields.get(name)) query.set(name, fields.get(name));
  }
  return read(fetch(`/playground?${query}`));
}

async function plan(form, button) {
  const fields = new FormData(form, button);
  const page = await read(fetch(form.action, { method: "POST", body: fields }));
  if (!page) return say("The server did not answer.");
  const picture = form.querySelector('input[type="file"]');
  for (const part of page.querySelectorAll("[data-field]")) {
    // The picture that was chosen stays: only a visitor can choose one.
    if (picture) part.querySelector('input[type="file"]')?.replaceWith(picture);
    form.querySelector(`[data-field="${part.dataset.field}"]`)?.replaceWith(part);
  }
  swap(form, page, "[data-plan]");
  const wrong = form.querySelector("[aria-invalid]");
  wrong?.focus();
  if (wrong) say("The form has an error.");
}

function swap(form, page, selector) {
  const [before, after] = [form.querySelector(selector), page.querySelector(selector)];
  if (before && after) before.replaceWith(after);
}

async function read(asked) {
  try {
    const answer = await asked;
    if (answer.status === 401 || answer.redirected) location.reload();
    return new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-playground]");
  } catch {
    return null;
  }
}
