/** The script a page embeds: defines the element, and puts one on the page if there is none. */

import { CarelineChat } from "./shell/element";

const script = document.currentScript instanceof HTMLScriptElement ? document.currentScript : null;
CarelineChat.origin = {
  base: new URL(".", script?.src || document.baseURI).href,
  nonce: script?.nonce ?? "",
};

/** `data-…` of the script tag, and the attribute of the element each one sets. */
const ATTRIBUTES: Record<string, string> = {
  server: "server",
  lang: "lang",
  theme: "theme",
  title: "heading",
  subtitle: "subheading",
  label: "label",
  accent: "accent",
};

function embed(): void {
  if (script?.dataset.manual !== undefined || document.querySelector("careline-chat")) return;
  const element = document.createElement("careline-chat");
  for (const [name, attribute] of Object.entries(ATTRIBUTES)) {
    const value = script?.dataset[name];
    if (value) element.setAttribute(attribute, value);
  }
  document.body.append(element);
}

/** Anything on the page with `data-careline-open` opens the chat: no script of the page is needed for that. */
function openOnRequest(event: Event): void {
  const asked = event.target instanceof Element && event.target.closest("[data-careline-open]");
  const chat = document.querySelector("careline-chat");
  if (!asked || !(chat instanceof CarelineChat)) return;
  event.preventDefault();
  chat.open();
}

if (!customElements.get("careline-chat")) {
  customElements.define("careline-chat", CarelineChat);
  document.addEventListener("click", openOnRequest);
  if (document.body) embed();
  else document.addEventListener("DOMContentLoaded", embed);
}
