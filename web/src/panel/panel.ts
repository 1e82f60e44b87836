import { ChatClient } from "../protocol/client";
import { safeStore, scoped } from "../protocol/storage";
import type { Change } from "../protocol/transcript";
import type { HandoffState, Message, QuickReply, Typist } from "../protocol/types";
import type { UploadTarget } from "../protocol/upload";
import { h } from "../shell/dom";
import type { MountPanel, Panel, PanelHost } from "../shell/parts";
import { acceptDrops, Composer } from "./composer";
import { FileStore } from "./files";
import { Rating } from "./rating";
import { StateLine } from "./state";
import { senderName } from "./text";
import { ChatView } from "./view";

const TYPING_MOST_MS = 30_000;
const PERSON_TYPING_MOST_MS = 8_000;

/** The conversation in the panel: brings the client's events to the view and the customer's doings to the client. */
class Conversation implements Panel {
  private readonly view: ChatView;
  private readonly client: ChatClient;
  private readonly files: FileStore;
  private readonly stateLine: StateLine;
  private readonly rating: Rating;
  private readonly hint = h("div", { class: "cl-drop", "aria-hidden": "true" });
  private composer: Composer | undefined;
  private typingTimer: ReturnType<typeof setTimeout> | undefined;
  private wantsFocus = false;
  private removed = false;
  private readonly onReturn = (): void => {
    if (document.visibilityState === "visible") this.client.hurry();
  };

  constructor(private readonly host: PanelHost) {
    const prefix = `careline:${host.server}:`;
    this.stateLine = new StateLine(host.t, host.showState);
    this.client = new ChatClient(
      {
        server: host.server,
        local: scoped(safeStore(() => window.localStorage), prefix),
        tab: scoped(safeStore(() => window.sessionStorage), prefix),
        language: () => host.language,
      },
      {
        message: (message, change, live) => this.onMessage(message, change, live),
        redraw: () => this.redraw(),
        connection: (state) => this.stateLine.connectionIs(state),
        typing: (on, who) => this.onTyping(on, who),
        handoff: (state) => this.onHandoff(state),
        language: (code, changed) => host.conversationIn(code, changed),
        delayed: (code) => this.stateLine.delayed(code),
      },
    );
    this.rating = new Rating({
      t: host.t,
      rate: (score, comment) => this.client.rate(score, comment),
      announce: host.announce,
    });
    this.files = new FileStore(() => this.uploadTarget());
    this.view = new ChatView(host.body, host.t, this.messageContext());
    void this.start();
  }

  focus(): void {
    this.wantsFocus = true;
    this.composer?.focus();
  }

  shown(visible: boolean): void {
    this.wantsFocus &&= visible;
    if (visible && this.composer) this.view.follow();
  }

  relabel(): void {
    if (!this.composer) return; // nothing is drawn yet
    this.view.label();
    this.composer.label();
    this.stateLine.relabel();
    this.rating.label();
    this.hint.textContent = this.host.t("input.drop");
    this.redraw();
  }

  unmount(): void {
    this.removed = true;
    window.removeEventListener("online", this.onReturn);
    document.removeEventListener("visibilitychange", this.onReturn);
    clearTimeout(this.typingTimer);
    this.client.disconnect();
    this.composer?.close();
    this.files.free();
    this.view.remove();
  }

  private async start(): Promise<void> {
    await this.view.ready;
    if (this.removed) return;
    const { host } = this;
    const { t, announce } = host;
    this.view.inputRow.before(this.rating.element);
    this.composer = new Composer(
      this.view,
      {
        t,
        get language() {
          return host.language;
        },
        files: this.files,
        target: () => this.uploadTarget(),
        announce,
      },
      (text, attachments) => this.client.send(text, text, attachments),
      (on) => this.client.writing(on),
    );
    this.hint.textContent = t("input.drop");
    this.view.root.getElementById("chat-view")?.append(this.hint);
    acceptDrops(host.body, this.hint, (files) => this.composer?.addFiles(files));
    this.redraw();
    this.client.connect();
    window.addEventListener("online", this.onReturn);
    document.addEventListener("visibilitychange", this.onReturn);
    if (this.wantsFocus) this.composer.focus();
  }

  private messageContext(): ConstructorParameters<typeof ChatView>[2] {
    const { host } = this;
    return {
      t: host.t,
      get language() {
        return host.language;
      },
      server: host.server,
      files: this.files,
      grown: () => this.view.keepEnd(),
      retry: (id) => this.client.retry(id),
      forget: (id) => this.client.forget(id),
    };
  }

  private async uploadTarget(): Promise<UploadTarget> {
    const session = await this.client.sessionReady();
    return { server: this.host.server, session, browser: this.client.browser };
  }

  private onMessage(message: Message, change: Change, live: boolean): void {
    const messages = this.client.transcript.messages;
    const before = messages[messages.indexOf(message) - 1];
    if (change === "reordered") this.redraw();
    else if (change === "appended") this.view.append(message, before);
    else if (change === "updated") this.view.update(message, before);
    this.offerReplies();
    if (!live) this.view.follow();
    if (live && change !== "updated" && change !== "none") this.tell(message);
  }

  /** What somebody else said is spoken once, and counted when nobody looks. */
  private tell(message: Message): void {
    if (message.sender === "customer") return;
    const { t } = this.host;
    const replies = message.quickReplies.map((reply) => reply.title).join(", ");
    const spoken = [`${senderName(message, t)}: ${message.text}`];
    if (replies) spoken.push(`${t("replies.label")}: ${replies}`);
    this.host.announce(spoken.join(" "));
    this.host.unread();
  }

  private redraw(): void {
    this.view.redraw(this.client.transcript.messages);
    this.offerReplies();
  }

  /** Only the newest offer counts, until the customer or a person says something; beside a person none does. */
  private offerReplies(): void {
    const messages = this.client.transcript.messages;
    const people = messages.map((message) => message.sender === "customer" || message.sender === "agent");
    const since = this.stateLine.isWithPerson ? messages.length : people.lastIndexOf(true) + 1;
    const offering = messages.slice(since).filter((message) => message.quickReplies.length);
    const latest = offering[offering.length - 1];
    this.view.offer(latest?.id, latest?.quickReplies ?? [], (reply, byKeyboard) => this.choose(reply, byKeyboard));
  }

  private choose(reply: QuickReply, byKeyboard: boolean): void {
    this.client.send(reply.title, reply.payload);
    // A finger's press must not bring up the on-screen keyboard; a keyboard user needs the focus somewhere.
    if (byKeyboard) this.composer?.focus();
  }

  private onTyping(on: boolean, who: Typist): void {
    clearTimeout(this.typingTimer);
    this.view.setTyping(on);
    this.stateLine.personWrites(on && who === "agent");
    const most = who === "agent" ? PERSON_TYPING_MOST_MS : TYPING_MOST_MS;
    if (on) this.typingTimer = setTimeout(() => this.onTyping(false, who), most);
  }

  private onHandoff(state: HandoffState): void {
    this.stateLine.handoffIs(state);
    this.rating.due(state.rate === true);
    this.offerReplies();
    this.view.keepEnd();
  }
}

/** Draws the conversation into the host's body and connects it. */
export const mountPanel: MountPanel = (host) => new Conversation(host);
