import type { Translate } from "../locale";
import { h } from "./dom";
import { icon } from "./icons";

/** The elements of the widget around the conversation. */
export interface Frame {
  launcher: HTMLButtonElement;
  badge: HTMLElement;
  panel: HTMLElement;
  close: HTMLButtonElement;
  state: HTMLElement;
  body: HTMLElement;
  aloud: HTMLElement;
  /** Writes the words of the frame anew, in the language of `texts`. */
  label(texts: FrameTexts): void;
}

export interface FrameTexts {
  title: string;
  subtitle: string;
  launcher: string;
  language: string;
}

function buildHead(title: HTMLElement, subtitle: HTMLElement, close: HTMLElement): HTMLElement {
  const names = h("div", { class: "names" }, title, subtitle);
  return h("header", { class: "head" }, h("span", { class: "mark" }, icon("shield")), names, close);
}

/** Builds launcher and panel; nothing is attached to the page yet. */
export function buildFrame(t: Translate, texts: FrameTexts): Frame {
  const badge = h("span", { class: "badge" });
  const [title, subtitle, wish] = [h("h2", { class: "title" }), h("p", { class: "subtitle" }), h("span", {})];
  const launcher = h(
    "button",
    { class: "launcher", type: "button", "aria-haspopup": "dialog", "aria-expanded": "false", part: "launcher" },
    icon("chat"),
    wish,
    badge,
  );
  const close = h("button", { class: "close", type: "button", }, icon("close"));
  const state = h("p", { class: "state", role: "status" });
  const body = h("div", { class: "body" });
  const aloud = h("div", { class: "aloud", role: "log", "aria-live": "polite", "aria-relevant": "additions" });
  const panel = h(
    "section",
    {
      class: "panel",
      role: "dialog",
      tabindex: "-1",
      part: "panel",
    },
    buildHead(title, subtitle, close),
    state,
    body,
  );
  const label = (words: FrameTexts): void => {
    for (const [element, text] of [[title, words.title], [subtitle, words.subtitle], [wish, words.launcher]] as const) {
      element.textContent = text;
    }
    close.setAttribute("aria-label", t("panel.close"));
    panel.setAttribute("aria-label", t("panel.label", { title: words.title }));
    for (const part of [launcher, panel]) part.lang = words.language;
  };
  label(texts);
  return { launcher, badge, panel, close, state, body, aloud, label };
}
