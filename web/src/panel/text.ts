import type { Translate } from "../locale";
import type { Message } from "../protocol/types";
import { h } from "../shell/dom";

const LINK_OR_NUMBER = /https?:\/\/[^\s<>"'，。；）]+|\b[A-Z]{2}-\d{7}\b/g;
const TRAILING = /[.,;:!?)\]]+$/;

/** A link that opens in a new tab and gives the other page nothing of ours. */
export function outerLink(t: Translate, address: string, ...content: Array<Node | string>): HTMLAnchorElement {
  return h(
    "a",
    { href: address, target: "_blank", rel: "noopener noreferrer" },
    ...content,
    h("span", { class: "hidden-text" }, ` ${t("link.new_window")}`),
  );
}

/** A text as nodes: web addresses become links, contract numbers stay on one line, everything else is text. */
export function linked(t: Translate, text: string): Array<Node | string> {
  const nodes: Array<Node | string> = [];
  let from = 0;
  for (const match of text.matchAll(LINK_OR_NUMBER)) {
    const found = match[0].replace(TRAILING, "");
    const isLink = found.startsWith("http");
    nodes.push(text.slice(from, match.index));
    nodes.push(isLink ? outerLink(t, found, found) : h("span", { class: "cl-whole" }, found));
    from = match.index + found.length;
  }
  nodes.push(text.slice(from));
  return nodes.filter((node) => node !== "");
}

/** Hours and minutes, with the day in front when it is not today. */
export function clock(at: number, language: string, now: number = Date.now()): string {
  const then = new Date(at);
  const sameDay = then.toDateString() === new Date(now).toDateString();
  const format: Intl.DateTimeFormatOptions = sameDay
    ? { hour: "numeric", minute: "2-digit" }
    : { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" };
  return new Intl.DateTimeFormat(regional(language), format).format(then);
}

/** The reader's own region where it is of the widget's language: en-GB has other clocks than en-US. */
function regional(language: string): string {
  const own = navigator.languages?.find((tag) => tag.toLowerCase().split("-")[0] === language);
  return own ?? (language === "zh" ? "zh-CN" : language);
}

/** Bytes as people say them: 340 kB, 2.4 MB. */
export function fileSize(bytes: number, language: string): string {
  const number = new Intl.NumberFormat(language);
  // Rounded up, so that what is just over a limit does not read like the limit itself.
  if (bytes < 1e6) return `${number.format(Math.ceil(bytes / 1024))} kB`;
  return `${number.format(Math.ceil((bytes / 1048576) * 10) / 10)} MB`;
}

/** Who speaks, as the conversation names them. */
export function senderName(message: Message, t: Translate): string {
  if (message.sender === "agent" && message.agent) return t("sender.agent_role", { name: message.agent });
  return t(`sender.${message.sender}`);
}
