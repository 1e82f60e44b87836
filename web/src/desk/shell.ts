/** What every page has: errors said, the connection shown, the menu, words for screen readers. */
import { onLive } from "./live";
import { forgetAll, keep, kept } from "./storage";
import { localTimes, serverSays, tick } from "./ticking";

function words(name: string): string {
  return document.querySelector<HTMLElement>("[data-words][data-failed]")?.dataset[name] ?? "";
}

/** Says something to those who do not see the page. */
export function say(text: string): void {
  const place = document.querySelector("[data-aloud]");
  if (!place || !text) return;
  place.textContent = place.textContent === text ? `${text}\u00a0` : text;
}

const TOAST_FOR = 6000; // ms

export function toast(text: string): void {
  const place = document.querySelector("[data-toasts]");
  if (!place || !text) return;
  const box = document.createElement("p");
  box.className = "toast arrived";
  box.textContent = text;
  place.append(box);
  setTimeout(() => box.remove(), TOAST_FOR);
}

/** A change over fetch, as htmx would send it. Resolves to the response, or to null without a connection. */
export async function post(url: string, fields: Record<string, string> | FormData): Promise<Response | null> {
  const headers = { ...JSON.parse(document.body.getAttribute("hx-headers") ?? "{}"), "HX-Request": "true" };
  const body = fields instanceof FormData ? fields : new URLSearchParams(fields);
  try {
    const response = await fetch(url, { method: "POST", headers, body, credentials: "same-origin" });
    const elsewhere = response.headers.get("HX-Redirect");
    if (elsewhere) location.assign(elsewhere);
    return response;
  } catch {
    return null;
  }
}

export function failure(status: number): string {
  return words(status === 403 ? "forbidden" : "failed");
}

export function noConnection(): string {
  return words("offline");
}

function showConnection(): void {
  const place = document.querySelector<HTMLElement>("[data-connection]");
  if (!place) return;
  let lost = false;
  let patience: number | undefined;
  const show = (state: "lost" | "back" | ""): void => {
    place.className = `connection ${state}`;
    place.textContent = state ? (place.dataset[state] ?? "") : "";
  };
  let probe: number | undefined;
  const onLost = (): void => {
    lost = true;
    document.body.dataset["live"] = "no";
    patience ??= window.setTimeout(() => show("lost"), 1500); // a breath is no breakdown
    probe ??= window.setInterval(() => void askToLogIn(), 5000);
  };
  document.body.addEventListener("htmx:sseError", onLost);
  window.addEventListener("offline", onLost);
  onLive("hello", (told) => {
    serverSays(told.now ?? "");
    tick();
    clearTimeout(patience);
    clearInterval(probe);
    patience = probe = undefined;
    if (lost && place.textContent) {
      show("back");
      setTimeout(() => lost || show(""), 3000);
    }
    lost = false;
    document.body.dataset["live"] = "yes";
  });
}

interface Answered {
  xhr: XMLHttpRequest;
  requestConfig: { verb: string };
}

/** A stream that ends because the log-in ran out looks like a broken line: ask, and go where the answer says. */
async function askToLogIn(): Promise<void> {
  try {
    const response = await fetch("/desk/presence", { headers: { "HX-Request": "true" } });
    const elsewhere = response.headers.get("HX-Redirect");
    if (elsewhere) location.assign(elsewhere);
  } catch {
    // no connection, as it looks
  }
}

/** A toast where the server refused or could not be reached. Forms that say it themselves answer with a fragment. */
function showErrors(): void {
  document.body.addEventListener("htmx:responseError", (event) => {
    const { xhr, requestConfig } = (event as CustomEvent<Answered>).detail;
    if (requestConfig.verb !== "get") toast(decodeURIComponent(xhr.getResponseHeader("X-Careline-Message") ?? "") || failure(xhr.status));
  });
  document.body.addEventListener("htmx:sendError", (event) => {
    const { requestConfig } = (event as CustomEvent<Answered>).detail;
    if (requestConfig.verb !== "get") toast(noConnection());
  });
}

/** `details[data-fold]` stay as the reader left them. */
function rememberFolds(): void {
  for (const fold of document.querySelectorAll<HTMLDetailsElement>("details[data-fold]")) {
    const key = `fold:${fold.dataset["fold"]}`;
    if (kept(key) === "closed") fold.open = false;
    fold.addEventListener("toggle", () => keep(key, fold.open ? "" : "closed"));
  }
}

function closeMenus(): void {
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll<HTMLDetailsElement>("details[data-menu][open]")) {
      if (!menu.contains(event.target as Node)) menu.open = false;
    }
  });
}

/** Dialogs: `data-opens="id"` shows one, `data-closes` closes the one it stands in. */
function openDialogs(): void {
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    const opener = target.closest<HTMLElement>("[data-opens]");
    if (opener) showDialog(opener.dataset["opens"] ?? "", opener.hasAttribute("hx-get"));
    target.closest("[data-closes]")?.closest("dialog")?.close();
    if (target.closest("[data-keys]")) document.querySelector<HTMLDialogElement>("[data-keys-list]")?.showModal();
    if (target instanceof HTMLDialogElement) target.close(); // beside the window
  });
}

/** With `anew` what stood in it last time goes first: htmx is fetching what belongs there. */
function showDialog(id: string, anew: boolean): void {
  const dialog = document.getElementById(id);
  if (!(dialog instanceof HTMLDialogElement) || dialog.open) return;
  if (anew) dialog.replaceChildren();
  dialog.showModal();
}

export function startShell(): void {
  showConnection();
  showErrors();
  closeMenus();
  openDialogs();
  rememberFolds();
  document.querySelector("form[action='/desk/logout']")?.addEventListener("submit", forgetAll);
  document.body.addEventListener("htmx:load", (event) => {
    const arrived = event.target as HTMLElement;
    tick(arrived.parentElement ?? arrived);
    localTimes(arrived.parentElement ?? arrived);
    if (arrived.matches("[data-focus]")) arrived.focus();
  });
}
