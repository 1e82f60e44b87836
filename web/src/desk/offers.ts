/** Customers who are offered to the member: announced once, on whatever page, and taken away when time is up. */
import htmx from "htmx.org";
import { onLive } from "./live";
import { notify } from "./notify";
import { say } from "./shell";

const known = new Set<string>();

export function startOffers(): void {
  announceNew();
  document.body.addEventListener("htmx:load", announceNew);
  onLive("queue", () => shown().length && refresh()); // taken in another tab, or by the end of the offer
  setInterval(() => {
    const now = Date.now();
    if (shown().some((offer) => ends(offer) < now)) refresh();
  }, 3000);
}

export function acceptOffer(): void {
  shown()[0]?.querySelector<HTMLButtonElement>("[data-take]")?.click();
}

function announceNew(): void {
  for (const offer of shown()) {
    if (known.has(offer.id)) continue;
    known.add(offer.id);
    const { title = "", text = "" } = offer.dataset;
    say(`${title}: ${text}`);
    notify("offer", title, text);
  }
}

function refresh(): void {
  const place = document.querySelector("[data-offers]");
  if (place) htmx.trigger(place, "offers:refresh", {});
}

function shown(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>("[data-offer]")];
}

function ends(offer: HTMLElement): number {
  return Date.parse(offer.querySelector<HTMLElement>("[data-until]")?.dataset["until"] ?? "");
}
