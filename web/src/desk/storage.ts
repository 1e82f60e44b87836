/** What the desk keeps in this browser: drafts and words that are not through yet. Storage may be switched off. */

const PREFIX = "careline-desk:";

export function kept(key: string): string {
  try {
    return localStorage.getItem(PREFIX + key) ?? "";
  } catch {
    return "";
  }
}

export function keep(key: string, text: string): void {
  try {
    if (text) localStorage.setItem(PREFIX + key, text);
    else localStorage.removeItem(PREFIX + key);
  } catch {
    // no storage: what is written lives as long as the page
  }
}

/** What belongs to this tab alone; it outlives a reload. */
export function keptHere(key: string): string {
  try {
    return sessionStorage.getItem(PREFIX + key) ?? "";
  } catch {
    return "";
  }
}

export function keepHere(key: string, text: string): void {
  try {
    if (text) sessionStorage.setItem(PREFIX + key, text);
    else sessionStorage.removeItem(PREFIX + key);
  } catch {
    // as above
  }
}

/** Everything goes when its owner logs out, drafts are about customers; only settings stay. */
export function forgetAll(): void {
  try {
    for (const store of [localStorage, sessionStorage]) {
      for (const key of Object.keys(store)) if (key.startsWith(PREFIX) && !key.startsWith(`${PREFIX}setting:`)) store.removeItem(key);
    }
  } catch {
    // nothing was kept
  }
}

/** Calls back when another tab changed what is kept under `key`. */
export function onKept(key: string, told: (text: string) => void): void {
  window.addEventListener("storage", (event) => {
    if (event.key === PREFIX + key) told(event.newValue ?? "");
  });
}
