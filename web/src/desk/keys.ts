/** The keyboard. Single letters count only while nothing is being written; `_keys.html` lists them. */
import type { Composer } from "./composer";
import { acceptOffer } from "./offers";
import type { Queue } from "./queue";

export function listenToKeys(queue: Queue | undefined, composer: Composer | undefined): void {
  let before = "";
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return leave(event);
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (isWriting(event.target) || document.querySelector("dialog[open]")) return;
    const key = before + event.key;
    before = event.key === "g" ? "g" : "";
    if (run(key, queue, composer) || run(event.key, queue, composer)) event.preventDefault();
  });
}

function run(key: string, queue: Queue | undefined, composer: Composer | undefined): boolean {
  const common: Record<string, () => void> = {
    "?": () => document.querySelector<HTMLDialogElement>("[data-keys-list]")?.showModal(),
    y: acceptOffer,
    gq: () => location.assign("/desk"),
  };
  const search = document.querySelector<HTMLAnchorElement>('nav a[href="/desk/search"]');
  if (search && !composer) common["/"] = () => search.click();
  const inQueue: Record<string, () => void> = queue
    ? { j: () => queue.step(1), k: () => queue.step(-1), t: () => queue.take() }
    : {};
  const talking: Record<string, () => void> = composer
    ? {
        c: () => composer.focus("reply"),
        n: () => composer.focus("note"),
        "/": () => composer.focus("reply"),
        r: () => document.querySelector<HTMLElement>("#suggestions [data-put]")?.focus(),
        d: () => side(),
      }
    : {};
  const action = common[key] ?? inQueue[key] ?? talking[key];
  if (action) {
    action();
    return true;
  }
  const button = /^[a-z]$/.test(key) ? document.querySelector<HTMLElement>(`[data-key="${key}"]`) : null;
  button?.click();
  return button !== null;
}

function side(): void {
  document.querySelector<HTMLElement>("[data-side]")?.classList.add("open");
  document.querySelector<HTMLElement>("[data-side]")?.focus();
}

/** Escape leaves the field, so that the single letters count again, and closes the menu. */
function leave(event: KeyboardEvent): void {
  if (document.querySelector("dialog[open]")) return;
  for (const menu of document.querySelectorAll<HTMLDetailsElement>("details[data-menu][open]")) menu.open = false;
  if (isWriting(event.target)) (event.target as HTMLElement).blur();
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
}
