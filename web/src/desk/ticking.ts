/** Times that move: how long somebody waits, how long an offer holds; and moments in the reader's own clock. */

/** Server minus browser, in milliseconds: a desk clock that is wrong must not change how long somebody waited. */
let skew = 0;

export function serverSays(now: string): void {
  const there = Date.parse(now);
  if (!Number.isNaN(there)) skew = there - Date.now();
}

/** `4:07`, from an hour on `1:04:07`. */
export function clockText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const padded = String(rest).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${padded}` : `${minutes}:${padded}`;
}

const WARN_AFTER = 120; // seconds
const LATE_AFTER = 300;
const LAST_SECONDS = 10;

export function tick(root: ParentNode = document): void {
  const now = Date.now() + skew;
  for (const place of root.querySelectorAll<HTMLElement>("[data-since]")) {
    const seconds = (now - Date.parse(place.dataset["since"] ?? "")) / 1000;
    show(place, clockText(seconds));
    place.classList.toggle("warn", seconds >= WARN_AFTER && seconds < LATE_AFTER);
    place.classList.toggle("late", seconds >= LATE_AFTER);
  }
  for (const place of root.querySelectorAll<HTMLElement>("[data-until]")) {
    const seconds = (Date.parse(place.dataset["until"] ?? "") - now) / 1000;
    show(place, clockText(Math.ceil(seconds)));
    place.classList.toggle("late", seconds <= LAST_SECONDS);
  }
}

function show(place: HTMLElement, text: string): void {
  if (place.textContent !== text) place.textContent = text;
}

/** Writes the moments of `time[data-time]` as the reader's clock has them; with the day when it is not today's. */
export function localTimes(root: ParentNode = document): void {
  const language = spoken();
  const today = new Date().toDateString();
  for (const place of root.querySelectorAll<HTMLElement>("time[data-time]")) {
    const at = new Date(place.getAttribute("datetime") ?? "");
    if (Number.isNaN(at.getTime())) continue;
    const near: Intl.DateTimeFormatOptions = { hour: "numeric", minute: "2-digit" };
    const far: Intl.DateTimeFormatOptions = { ...near, day: "numeric", month: "short" };
    place.textContent = at.toLocaleString(language, at.toDateString() === today ? near : far);
    place.title = at.toLocaleString(language);
  }
}

/** The desk's language, in the reader's own country's way if the browser tells it. */
function spoken(): string {
  const language = document.documentElement.lang;
  return navigator.languages.find((each) => each.split("-")[0] === language.split("-")[0]) ?? language;
}

export function startTicking(): void {
  tick();
  localTimes();
  setInterval(() => tick(), 1000);
}
