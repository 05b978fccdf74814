// Small kindnesses. Every page works without this file; it reads data- attributes and adds no words of its own.

const each = (selector, act, root = document) => root.querySelectorAll(selector).forEach(act);

// --- a form is sent once: the pressed button says so, a second press does nothing

function sendOnce(event) {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "1";
  const pressed = event.submitter ?? form.querySelector(".button[type=submit]");
  if (pressed) showBusy(pressed);
}

function showBusy(button) {
  const words = button.querySelector("span") ?? button;
  button.dataset.words = words.textContent;
  words.textContent = button.dataset.busy || words.textContent;
  button.classList.add("is-busy");
  button.setAttribute("aria-disabled", "true");
}

function showReady(button) {
  const words = button.querySelector("span") ?? button;
  words.textContent = button.dataset.words;
  button.classList.remove("is-busy");
  button.removeAttribute("aria-disabled");
}

// "Back" shows the page as it was left: ready again, since the server refuses a repeated form anyway.
function forget() {
  each("form[data-sent]", (form) => delete form.dataset.sent);
  each(".is-busy", showReady);
}

// --- words on the toast, read out politely

let toastTimer;

function toast(words) {
  const place = document.getElementById("toast");
  if (!place) return;
  place.textContent = words;
  place.classList.add("is-shown");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => place.classList.remove("is-shown"), 4000);
}

// --- copy

async function copyText(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    const text = button.parentElement.querySelector(".copy__text");
    getSelection().selectAllChildren(text); // no permission: the text is selected, ready for the person's own copy
    return;
  }
  const words = button.querySelector("span");
  const before = [...words.childNodes];
  words.replaceChildren(button.dataset.done);
  toast(button.dataset.done);
  setTimeout(() => words.replaceChildren(...before), 2000);
}

// --- what is left until a time

function remaining(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (!parts[0]) parts.shift();
  return parts.map((part, place) => (place ? String(part).padStart(2, "0") : part)).join(":");
}

function tick() {
  each("[data-countdown]", (time) => {
    const left = new Date(time.dateTime) - Date.now();
    if (Number.isNaN(left)) return;
    time.textContent = left > 0 ? time.dataset.countdown.replace("{left}", remaining(left)) : time.dataset.over;
  });
}

// --- the amount: only what the person wrote, tidied when they leave; the server reads and decides

function keepAmountTidy(input) {
  input.value = input.value.normalize("NFKC").replace(/\s+/g, " ").trim();
}

function fitAmount(input) {
  const size = Math.min(2.75, 22 / Math.max(8, input.value.length));
  input.style.fontSize = `${size}rem`;
}

// --- dialogs: the link goes to a page without JavaScript

function openDialog(event, link) {
  const dialog = document.getElementById(link.dataset.dialog);
  if (!dialog?.showModal) return;
  event.preventDefault();
  dialog.showModal();
}

// --- show and hide a password

function reveal(button) {
  const input = document.getElementById(button.dataset.reveal);
  const hidden = input.type === "password";
  input.type = hidden ? "text" : "password";
  [button.textContent, button.dataset.hide] = [button.dataset.hide, button.textContent];
  button.setAttribute("aria-pressed", String(hidden));
}

// --- one listener of each kind, so that swapped-in fragments need none of their own

document.addEventListener("submit", sendOnce);

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-copy], [data-dialog], [data-close], [data-reveal], .errors a[href^='#']");
  if (event.target instanceof HTMLDialogElement) return event.target.close(); // the veil around it
  if (!target) return;
  if ("copy" in target.dataset) copyText(target);
  else if ("dialog" in target.dataset) openDialog(event, target);
  else if ("close" in target.dataset) target.closest("dialog").close();
  else if ("reveal" in target.dataset) reveal(target);
  else focusField(event, target);
});

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-amount]")) fitAmount(event.target);
});

document.addEventListener("focusout", (event) => {
  if (event.target.matches("[data-amount]")) keepAmountTidy(event.target);
});

window.addEventListener("pageshow", (event) => event.persisted && forget());

// An error's link goes to the label, so that the question is read before its box is focused.
function focusField(event, link) {
  const field = document.getElementById(link.hash.slice(1));
  if (!field) return;
  event.preventDefault();
  (field.closest(".field") ?? field).scrollIntoView({ block: "center" });
  (field.matches("fieldset, div") ? field.querySelector("input, select, textarea") : field)?.focus({ preventScroll: true });
}

// --- at the start, and for each fragment htmx brings

function prepare(root) {
  each("[data-copy][hidden], [data-reveal][hidden]", (button) => (button.hidden = false), root);
  each("[data-amount]", fitAmount, root);
  tick();
}

prepare(document);
document.querySelector("[data-focus]")?.focus();
setInterval(tick, 1000);

document.addEventListener("htmx:load", (event) => prepare(event.target));
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.matches(".button[data-busy]")) showBusy(event.target);
});
