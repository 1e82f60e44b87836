/** The page of one conversation. */
import htmx from "htmx.org";
import { Composer } from "./composer";
import { onLive } from "./live";
import { notify } from "./notify";
import { Thread } from "./thread";

/** Sets the page up; undefined on other pages. */
export function startConversation(): Composer | undefined {
  const page = document.querySelector<HTMLElement>("[data-conversation][data-first-mine]");
  const list = page?.querySelector<HTMLElement>("[data-thread]");
  const form = page?.querySelector<HTMLFormElement>("[data-composer]");
  const scroller = page?.querySelector<HTMLElement>("[data-scroll]");
  const typing = page?.querySelector<HTMLElement>("[data-typing]");
  const id = page?.dataset["conversation"];
  if (!page || !list || !form || !scroller || !typing || !id) return undefined;

  const thread = new Thread(id, list, scroller, typing, (ids, customerSpoke) => {
    for (const each of ids) composer.outbox.drop(each);
    if (customerSpoke) htmx.trigger("#suggestions", "suggestions:refresh", {});
  });
  const composer = new Composer(form, id, list, () => void thread.catchUp());
  follow(page, id, thread, composer);
  showRights(page, composer);
  sidePanel(page);
  page.addEventListener("click", (event) => {
    const offer = (event.target as Element).closest<HTMLElement>("[data-put]");
    if (offer) composer.put(offer.dataset["put"] ?? "");
  });
  return composer;
}

/** Live events, and everything missed whenever the stream begins anew. */
function follow(page: HTMLElement, id: string, thread: Thread, composer: Composer): void {
  const on: typeof onLive = (name, told) =>
    onLive(name, (data) => {
      if (!data.conversation || data.conversation === id) told(data);
    });
  on("message", (data) => {
    thread.take(data.entries);
    if (data.sender === "customer") notify("message", page.querySelector("h1")?.textContent ?? "", "");
  });
  on("note", () => void thread.catchUp());
  on("typing", (data) => {
    const isOwn = data.who === "agent" && page.querySelector("header[data-mine=yes]") !== null;
    if (data.who !== "bot" && !isOwn) thread.showTyping(data.who ?? "", !!data.on);
  });
  on("resync", () => void thread.catchUp());
  on("hello", () => {
    void thread.catchUp();
    composer.outbox.hurry();
  });
}

/** Who may write follows the head of the page, which is read anew with every change of the hand-off. */
function showRights(page: HTMLElement, composer: Composer): void {
  const apply = (): void => {
    const head = page.querySelector<HTMLElement>("[data-mine]:is(header)");
    composer.allow(head?.dataset["mine"] === "yes", head?.dataset["mine"] === "yes" || head?.dataset["whisper"] === "yes");
  };
  page.querySelector("[data-head]")?.addEventListener("htmx:afterSettle", apply);
  apply();
  if (page.dataset["firstMine"] === "yes" && matchMedia("(min-width: 1000px)").matches) composer.focus("reply");
}

/** On narrow screens the customer's details lie over the conversation. */
function sidePanel(page: HTMLElement): void {
  const side = page.querySelector<HTMLElement>("[data-side]");
  page.addEventListener("click", (event) => {
    const target = event.target as Element;
    if (target.closest("[data-side-open]")) {
      side?.classList.add("open");
      side?.focus();
    }
    if (target.closest("[data-side-close]")) {
      side?.classList.remove("open");
      page.querySelector<HTMLElement>("[data-side-open]")?.focus();
    }
  });
  side?.addEventListener("keydown", (event) => {
    if (event.key === "Escape") page.querySelector<HTMLElement>("[data-side-close]")?.click();
  });
}
