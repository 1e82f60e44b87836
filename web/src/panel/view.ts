import "deep-chat";
import type { DeepChat } from "deep-chat";
import type { Translate } from "../locale";
import type { Message, QuickReply } from "../protocol/types";
import { h } from "../shell/dom";
import { drawMessage, drawReplies, type MessageContext } from "./message";
import css from "./panel.css";

/** The element's name in our bundle (see build.mjs): a page may carry a deep-chat of its own. */
const TAG = "careline-deep-chat";
const ROLES = { customer: "user", bot: "ai", agent: "agent", system: "system" } as const;
const TYPING = '<div class="cl-typing" aria-hidden="true"><i></i><i></i><i></i></div>';
const NEAR_END_PX = 60;

type Toggle = Exclude<NonNullable<DeepChat["displayLoadingBubble"]>, boolean>;

function configure(element: DeepChat, t: Translate, typing: Toggle): void {
  // A font family must be set before the first render: without one deep-chat loads a font from another server.
  Object.assign(element.style, { fontFamily: "inherit", fontSize: "16px", lineHeight: "1.45" });
  Object.assign(element.style, { background: "transparent", border: "0" });
  Object.assign(element.style, { display: "block", height: "100%", width: "100%" });
  element.auxiliaryStyle = css;
  element.connect = { websocket: true, handler: (_body, signals) => signals.onOpen() };
  element.textInput = { placeholder: { text: t("input.placeholder") } };
  element.displayLoadingBubble = typing;
  element.introMessage = { html: '<p class="cl-intro"></p>' };
}

/**
 * The list of messages and the text field, as deep-chat draws them.
 *
 * deep-chat gives each message a place; what stands in it is built from text nodes here, so that no text of a
 * customer, an agent or a model is ever parsed as markup.
 */
export class ChatView {
  readonly ready: Promise<void>;
  private readonly element: DeepChat;
  private readonly typing: Toggle = { toggle: () => undefined };
  private typingShown = false;
  private shown: string[] = [];
  private followLater = 0;
  private atEnd = true;

  constructor(
    parent: HTMLElement,
    private readonly t: Translate,
    private readonly context: MessageContext,
  ) {
    this.element = document.createElement(TAG) as DeepChat;
    configure(this.element, t, this.typing);
    this.ready = new Promise((resolve) => {
      // On a slow machine deep-chat draws twice, the second time over the first: wait for the last one.
      const settle = (): void => {
        if (this.element._waitingToRender_) setTimeout(settle);
        else {
          this.label();
          this.watchReader();
          resolve();
        }
      };
      this.element.onComponentRender = settle;
    });
    parent.append(this.element);
  }

  get root(): ShadowRoot {
    return this.element.shadowRoot as ShadowRoot;
  }

  get list(): HTMLElement {
    return this.root.getElementById("messages") as HTMLElement;
  }

  get input(): HTMLElement {
    return this.root.getElementById("text-input") as HTMLElement;
  }

  get inputRow(): HTMLElement {
    return this.root.getElementById("input") as HTMLElement;
  }

  /** Adds a message at the end. */
  append(message: Message, before: Message | undefined): void {
    if (message.sender === "customer") this.atEnd = true;
    this.element.addMessage({ role: ROLES[message.sender], html: `<div data-index="${this.shown.length}"></div>` });
    this.shown.push(message.id);
    this.update(message, before);
    this.keepEnd();
  }

  /** Draws a message again where it stands. */
  update(message: Message, before: Message | undefined): void {
    const place = this.place(message.id);
    const replies = place?.querySelector(".cl-replies");
    if (!place) return;
    drawMessage(place, message, before, this.context);
    if (replies) place.append(replies);
  }

  /** Draws everything anew, for a conversation whose order changed. */
  redraw(messages: readonly Message[]): void {
    const typing = this.typingShown;
    this.setTyping(false);
    this.element.clearMessages();
    this.greet();
    this.shown = [];
    messages.forEach((message, index) => this.append(message, messages[index - 1]));
    this.setTyping(typing);
    this.follow();
  }

  /** Offers replies under a message, and takes away those offered before. */
  offer(id: string | undefined, replies: QuickReply[], choose: (reply: QuickReply, byKeyboard: boolean) => void): void {
    for (const old of this.root.querySelectorAll<HTMLElement>(".cl-replies")) {
      if (id && old.dataset.of === id) return;
      old.remove();
    }
    const place = id ? this.place(id) : undefined;
    if (!id || !place) return;
    const group = drawReplies(replies, this.t("replies.label"), choose);
    group.dataset.of = id;
    place.append(group);
    this.keepEnd();
  }

  setTyping(on: boolean): void {
    if (on === this.typingShown) return;
    this.typingShown = on;
    if (on) this.typing.toggle({ role: "ai", style: { html: TYPING } });
    else this.typing.toggle();
    this.keepEnd();
  }

  /** Stays at the end when something grew, unless the reader has scrolled up. */
  keepEnd(): void {
    if (this.atEnd) this.follow();
  }

  /** Scrolls to the end once what was just added has its size. */
  follow(): void {
    this.atEnd = true;
    cancelAnimationFrame(this.followLater);
    this.followLater = requestAnimationFrame(() => {
      setTimeout(() => this.list.scrollTo({ top: this.list.scrollHeight }), 0);
    });
  }

  focus(): void {
    this.input.focus();
  }

  remove(): void {
    this.element.remove();
  }

  private place(id: string): HTMLElement | null {
    const index = this.shown.lastIndexOf(id);
    return index < 0 ? null : this.root.querySelector(`[data-index="${index}"]`);
  }

  /** Growing fires no scroll event, so this changes only when the reader (or we) scroll. */
  private watchReader(): void {
    this.list.addEventListener("scroll", () => {
      const { scrollHeight, clientHeight, scrollTop } = this.list;
      this.atEnd = scrollHeight - clientHeight - scrollTop < NEAR_END_PX;
    });
    new ResizeObserver(() => this.keepEnd()).observe(this.list);
  }

  /** deep-chat leaves its parts without names and the list out of the keyboard's reach. */
  label(): void {
    const { list, input } = this;
    list.setAttribute("role", "log");
    list.setAttribute("aria-live", "off"); // the widget's own live region speaks: this list is redrawn at times
    list.setAttribute("aria-label", this.t("messages.label"));
    list.tabIndex = 0;
    input.setAttribute("aria-label", this.t("input.label"));
    input.setAttribute("deep-chat-placeholder-text", this.t("input.placeholder"));
    input.setAttribute("aria-multiline", "true");
    input.setAttribute("tabindex", "0");
    this.greet();
  }

  private greet(): void {
    this.root.querySelector(".cl-intro")?.replaceChildren(h("span", {}, this.t("messages.empty")));
  }
}
