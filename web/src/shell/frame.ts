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
}

export interface FrameTexts {
  title: string;
  subtitle: string;
  launcher: string;
}

function buildHead(texts: FrameTexts, close: HTMLElement): HTMLElement {
  const names = h(
    "div",
    { class: "names" },
    h("h2", { class: "title" }, texts.title),
    h("p", { class: "subtitle" }, texts.subtitle),
  );
  return h("header", { class: "head" }, h("span", { class: "mark" }, icon("shield")), names, close);
}

/** Builds launcher and panel; nothing is attached to the page yet. */
export function buildFrame(t: Translate, texts: FrameTexts): Frame {
  const badge = h("span", { class: "badge" });
  const launcher = h(
    "button",
    { class: "launcher", type: "button", "aria-haspopup": "dialog", "aria-expanded": "false", part: "launcher" },
    icon("chat"),
    h("span", {}, texts.launcher),
    badge,
  );
  const close = h("button", { class: "close", type: "button", "aria-label": t("panel.close") }, icon("close"));
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
      "aria-label": t("panel.label", { title: texts.title }),
    },
    buildHead(texts, close),
    state,
    body,
  );
  return { launcher, badge, panel, close, state, body, aloud };
}
