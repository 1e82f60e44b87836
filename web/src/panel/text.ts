import type { Translate } from "../locale";
import type { Message } from "../protocol/types";
import { h } from "../shell/dom";

const LINK = /https?:\/\/[^\s<>"'，。；）]+/g;
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

/** A text as nodes: what looks like a web address becomes a link, everything else stays text. */
export function linked(t: Translate, text: string): Array<Node | string> {
  const nodes: Array<Node | string> = [];
  let from = 0;
  for (const match of text.matchAll(LINK)) {
    const address = match[0].replace(TRAILING, "");
    nodes.push(text.slice(from, match.index), outerLink(t, address, address));
    from = match.index + address.length;
  }
  nodes.push(text.slice(from));
  return nodes.filter((node) => node !== "");
}

/** Hours and minutes, with the day in front when it is not today. */
export function clock(at: number, language: string, now: number = Date.now()): string {
  const then = new Date(at);
  const sameDay = then.toDateString() === new Date(now).toDateString();
  const format: Intl.DateTimeFormatOptions = sameDay
    ? { hour: "2-digit", minute: "2-digit" }
    : { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
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
