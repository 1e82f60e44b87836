/** Desktop notifications, when the member has allowed them; never with anything personal in them. */
import { chime } from "./sound";

/** Shows one if nobody is looking at the desk. `tag`: a newer one of the same tag takes the older one's place.
 *  An offer, which runs out, is also heard by who is looking at something else on the page.
 */
export function notify(tag: "offer" | "message", title: string, text: string): void {
  const isLooking = document.visibilityState === "visible" && document.hasFocus();
  if (tag === "offer" || !isLooking) chime();
  if (isLooking) return;
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  const shown = new Notification(title, { body: text, tag: `careline-${tag}`, icon: "/desk/assets/icon.svg" });
  shown.addEventListener("click", () => {
    window.focus();
    shown.close();
  });
}

/** The menu offers notifications while the browser has not been asked. */
export function offerNotifications(): void {
  const button = document.querySelector<HTMLButtonElement>("[data-notify]");
  if (!button || !("Notification" in window)) return;
  button.hidden = Notification.permission !== "default";
  button.addEventListener("click", () => {
    void Notification.requestPermission().then(() => (button.hidden = true));
  });
}
