import { isKey } from "../locale";
import type { Message, QuickReply } from "../protocol/types";
import { h } from "../shell/dom";
import { messageFiles, type FileContext } from "./attachments";
import { aroundCards, card } from "./cards";
import { clock, linked, senderName } from "./text";

const SAME_GROUP_MS = 5 * 60_000;

/** What drawing a message needs to know, and what may be done with it. */
export interface MessageContext extends FileContext {
  retry(id: string): void;
  forget(id: string): void;
}

/** Whether a message goes on where the one before it stopped: no name and time of its own. */
export function continues(message: Message, before: Message | undefined): boolean {
  return (
    before !== undefined &&
    before.sender === message.sender &&
    before.agent === message.agent &&
    Math.abs(message.at - before.at) < SAME_GROUP_MS
  );
}

function head(message: Message, context: MessageContext, quiet: boolean): HTMLElement {
  const time = h("time", { datetime: new Date(message.at).toISOString() }, clock(message.at, context.language));
  const name = h("b", {}, senderName(message, context.t));
  return h("p", { class: quiet ? "hidden-text" : "cl-head" }, name, " ", time);
}

function bubble(message: Message, context: MessageContext): HTMLElement {
  const { above, below } = aroundCards(message.text, message.data);
  const paragraph = (text: string): HTMLElement | null =>
    text ? h("p", { class: "cl-text" }, ...linked(context.t, text)) : null;
  const cards = message.data.map((data) => card(data, context)).filter((drawn) => drawn !== undefined);
  const files = messageFiles(message, context) ?? null;
  return h("div", { class: "cl-bubble" }, paragraph(above), files, ...cards, paragraph(below));
}

function problem(message: Message, context: MessageContext): string {
  const code = `error.${message.error?.code ?? "other"}`;
  if (isKey(code)) return context.t(code);
  return message.error?.message || context.t("error.other");
}

/** The line under an own message that has not arrived. */
function note(message: Message, context: MessageContext): HTMLElement | null {
  const { t } = context;
  if (message.delivery === "sending") return h("p", { class: "cl-note" }, t("message.sending"));
  if (message.delivery !== "failed") return null;
  const again = h("button", { type: "button" }, t("message.retry"));
  again.addEventListener("click", () => context.retry(message.id));
  const remove = h("button", { type: "button" }, t("message.remove"));
  remove.addEventListener("click", () => context.forget(message.id));
  return h("p", { class: "cl-note" }, `${t("message.not_sent")} ${problem(message, context)}`, again, remove);
}

/** Fills `element` (the place deep-chat made) with a message. */
export function drawMessage(
  element: HTMLElement,
  message: Message,
  before: Message | undefined,
  context: MessageContext,
): void {
  const state = message.delivery === "stored" ? "" : message.delivery === "failed" ? " failed" : " waiting";
  element.className = `cl-msg ${message.sender}${state}`;
  const empty = !message.text && !message.attachments.length && !message.attachment && !message.data.length;
  element.replaceChildren(head(message, context, continues(message, before)));
  if (!empty) element.append(bubble(message, context));
  const below = note(message, context);
  if (below) element.append(below);
}

/** Buttons for the replies that are offered; each is pressed once. */
export function drawReplies(
  replies: QuickReply[],
  label: string,
  choose: (reply: QuickReply, byKeyboard: boolean) => void,
): HTMLElement {
  const group = h("div", { class: "cl-replies", role: "group", "aria-label": label });
  for (const reply of replies) {
    const button = h("button", { type: "button" }, reply.title);
    button.addEventListener("click", (event) => choose(reply, event.detail === 0), { once: true });
    group.append(button);
  }
  return group;
}
