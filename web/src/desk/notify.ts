/** Desktop notifications, when the member has allowed them; never with anything personal in them. */

/** Shows one if nobody is looking at the desk. `tag`: a newer one of the same tag takes the older one's place. */
export function notify(tag: string, title: string, text: string): void {
  if (document.visibilityState === "visible" && document.hasFocus()) return;
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
