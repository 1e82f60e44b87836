import { io, type Socket } from "socket.io-client";
import { newId } from "./ids";
import { Outbox } from "./outbox";
import type { Store } from "./storage";
import { fromOutgoing, fromServer, Transcript, type Change } from "./transcript";
import type {
  Acknowledgement,
  Attachment,
  Connection,
  HandoffState,
  History,
  Message,
  Outgoing,
  Sender,
  ServerMessage,
  Typist,
} from "./types";

const SESSION_KEY = "session";
const BROWSER_KEY = "browser";
const GAP_PATIENCE_MS = 1_500;
const SESSION_PATIENCE_MS = 1_000;
const SESSION_ANSWER_MS = 6_000;
/** A server may send long histories in parts: after so many messages the next part is asked for. */
const HISTORY_PART = 100;
const RECONNECT_FIRST_MS = 500;
const TELL_WRITING_MS = 3_000;
const STILL_MS = 5_000;
const RATING_ANSWER_MS = 10_000;
const RECONNECT_MOST_MS = 10_000;

/** What a view hears of the conversation. */
export interface ClientEvents {
  /** `live` is false for history that was fetched on opening or after a lost connection. */
  message(message: Message, change: Change, live: boolean): void;
  /** The conversation was replaced (another session) or changed order. */
  redraw(): void;
  connection(state: Connection): void;
  typing(on: boolean, who: Typist): void;
  handoff(state: HandoffState): void;
  /** The conversation is held in this language; told when it is opened, and (`changed`) when it becomes another. */
  language(code: string, changed: boolean): void;
  /** A message could not be taken yet and will be sent again. */
  delayed(code: string): void;
}

export interface ClientOptions {
  /** Origin of the gateway, without a slash at the end. */
  server: string;
  local: Store;
  tab: Store;
  /** The language the page speaks: a new conversation begins in it. */
  language(): string;
}

/**
 * The conversation with the gateway: one session, its transcript, and an outbox.
 *
 * The socket may come and go; the client asks for the session again each time, fetches what it missed and
 * sends what waits. Nothing here touches the page.
 */
export class ChatClient {
  readonly transcript = new Transcript();
  private readonly socket: Socket;
  private readonly outbox: Outbox;
  private state: Connection = "idle";
  private session: string | null;
  private gapTimer: ReturnType<typeof setTimeout> | undefined;
  private sessionTimer: ReturnType<typeof setTimeout> | undefined;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private stillTimer: ReturnType<typeof setTimeout> | undefined;
  private toldWriting = 0;
  private refusals = 0;
  private sessionWaiters: Array<() => void> = [];

  constructor(
    private readonly options: ClientOptions,
    private readonly events: ClientEvents,
  ) {
    this.session = options.local.get(SESSION_KEY);
    this.outbox = new Outbox(options.tab, {
      send: (item, timeoutMs) => this.transmit(item, timeoutMs),
      stored: (item, seq) => this.confirmed(item.id, seq),
      failed: (item, error) => this.refused(item.id, error),
      delayed: (code) => events.delayed(code),
      sessionLost: () => setTimeout(() => this.requestSession(), SESSION_PATIENCE_MS),
    });
    this.restoreWaiting();
    this.socket = io(options.server, {
      autoConnect: false,
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      auth: (give) => give(this.browser ? { browser: this.browser } : {}),
      reconnectionDelay: RECONNECT_FIRST_MS,
      reconnectionDelayMax: RECONNECT_MOST_MS,
      timeout: 10_000,
    });
    this.listenToConnection();
    this.listenToConversation();
  }

  /** The proof that this browser owns its conversations, for requests outside the socket. */
  get browser(): string | null {
    return this.options.local.get(BROWSER_KEY);
  }

  get sessionId(): string | null {
    return this.session;
  }

  get connection(): Connection {
    return this.state;
  }

  connect(): void {
    if (this.state !== "idle") return;
    this.become("connecting");
    this.socket.connect();
  }

  disconnect(): void {
    this.outbox.hold();
    for (const timer of [this.gapTimer, this.sessionTimer, this.retryTimer, this.stillTimer]) clearTimeout(timer);
    this.become("idle");
    this.socket.disconnect();
  }

  /** Tries again at once instead of at the end of the present wait: the network or the customer is back. */
  hurry(): void {
    if (this.state !== "reconnecting" || this.socket.connected) return;
    this.refusals = 0;
    this.socket.disconnect();
    this.socket.connect();
  }

  /** Resolves when the server has confirmed a session (at once when it has). */
  async sessionReady(): Promise<string> {
    while (this.state !== "online" || !this.session) {
      await new Promise<void>((resolve) => this.sessionWaiters.push(resolve));
    }
    return this.session;
  }

  /** Shows a message at once and sends it when it can. `payload` differs from `text` for quick replies. */
  send(text: string, payload: string = text, attachments: Attachment[] = []): void {
    this.writing(false);
    const item: Outgoing = { id: newId(), payload, text, attachments, at: Date.now() };
    const message = fromOutgoing(item);
    this.events.message(message, this.transcript.add(message), true);
    this.outbox.push(item);
  }

  /** Sends a refused message again, as a new one. */
  retry(id: string): void {
    const message = this.transcript.find(id);
    if (!message || message.delivery !== "failed") return;
    this.forget(id);
    this.send(message.text, message.text, message.attachments);
  }

  /** Takes a refused message out of the conversation. */
  forget(id: string): void {
    this.transcript.remove(id);
    this.events.redraw();
  }

  /** Tells a person who reads along that the customer is writing, now and then; or that they have stopped. */
  writing(on: boolean): void {
    clearTimeout(this.stillTimer);
    if (on) this.stillTimer = setTimeout(() => this.writing(false), STILL_MS);
    const now = Date.now();
    if (on ? now - this.toldWriting < TELL_WRITING_MS : !this.toldWriting) return;
    if (!this.socket.connected || !this.session) return; // told with a later letter
    this.toldWriting = on ? now : 0;
    this.socket.emit("typing", { state: on ? "on" : "off" });
  }

  /** Gives a mark from 1 to 5, and perhaps a word, to the person who was there; whether it was kept. */
  async rate(score: number, comment?: string): Promise<boolean> {
    const opinion = comment ? { score, comment } : { score };
    try {
      const answer: { ok?: boolean } = await this.socket.timeout(RATING_ANSWER_MS).emitWithAck("rate", opinion);
      return answer?.ok === true;
    } catch {
      return false;
    }
  }

  private become(state: Connection): void {
    if (state === this.state) return;
    this.state = state;
    this.events.connection(state);
    if (state === "online") this.sessionWaiters.splice(0).forEach((resolve) => resolve());
  }

  private restoreWaiting(): void {
    for (const item of this.outbox.waiting) this.transcript.add(fromOutgoing(item));
  }

  private listenToConnection(): void {
    this.socket.on("connect", () => {
      this.refusals = 0;
      this.requestSession();
    });
    this.socket.on("disconnect", () => this.interrupted());
    this.socket.on("connect_error", () => this.interrupted());
    this.socket.on("browser", (message: { token?: string }) => {
      if (message?.token) this.options.local.set(BROWSER_KEY, message.token);
    });
    this.socket.on("session_confirm", (answer: string | { session_id?: string }) => {
      const id = typeof answer === "string" ? answer : answer?.session_id;
      if (id) this.confirmSession(id);
    });
  }

  private listenToConversation(): void {
    this.socket.on("history", (history: History) => this.takeHistory(history));
    this.socket.on("bot_uttered", (raw: ServerMessage) => this.take(raw, "bot"));
    this.socket.on("agent_uttered", (raw: ServerMessage) => this.take(raw, "agent"));
    this.socket.on("message_stored", (raw: ServerMessage) => this.take(raw, "customer"));
    this.socket.on("typing", (message: { state?: string; who?: string }) =>
      this.events.typing(message?.state === "on", message?.who === "agent" ? "agent" : "bot"),
    );
    this.socket.on("language", (message: { language?: unknown }) => this.takeLanguage(message?.language, true));
    this.socket.on("handoff", (state: HandoffState) => {
      if (state?.state) this.events.handoff(state);
    });
  }

  /** The socket is down. The client library retries a lost line, but not a refusal: that is done here. */
  private interrupted(): void {
    this.outbox.hold();
    clearTimeout(this.sessionTimer);
    this.events.typing(false, "bot");
    if (this.state === "idle") return;
    this.become("reconnecting");
    if (this.socket.active) return;
    const delay = Math.min(RECONNECT_FIRST_MS * 2 ** this.refusals, RECONNECT_MOST_MS);
    this.refusals += 1;
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => this.socket.connect(), delay);
  }

  private requestSession(): void {
    if (!this.socket.connected) return;
    const request: { session_id?: string; after?: number; language: string } = { language: this.options.language() };
    if (this.session) {
      request.session_id = this.session;
      request.after = this.transcript.completeUpTo;
    }
    this.socket.emit("session_request", request);
    clearTimeout(this.sessionTimer);
    this.sessionTimer = setTimeout(() => this.requestSession(), SESSION_ANSWER_MS);
  }

  private confirmSession(id: string): void {
    clearTimeout(this.sessionTimer);
    if (id !== this.session) {
      const hadOther = this.session !== null;
      this.session = id;
      this.options.local.set(SESSION_KEY, id);
      if (hadOther) this.startOver();
    }
    this.become("online");
    this.outbox.open();
  }

  /** The server gave another session: what was said belongs to the old one, what waits is still to be said. */
  private startOver(): void {
    this.transcript.clear();
    this.restoreWaiting();
    this.events.redraw();
  }

  private takeHistory(history: History): void {
    if (history?.session_id && history.session_id !== this.session) return;
    const messages = history?.messages ?? [];
    this.takeLanguage(history?.language, false);
    for (const raw of messages) this.take(raw, raw.sender ?? "bot", false);
    if (messages.length >= HISTORY_PART) this.requestSession();
  }

  private takeLanguage(code: unknown, changed: boolean): void {
    if (typeof code === "string" && code) this.events.language(code, changed);
  }

  private take(raw: ServerMessage, sender: Sender, live = true): void {
    if (!raw || (raw.session_id && this.session && raw.session_id !== this.session)) return;
    const message = fromServer(raw, sender);
    if (message.sender === "customer") message.text = this.titleOf(message.text);
    const change = this.transcript.add(message);
    if (message.sender === "bot" || message.sender === "agent") this.events.typing(false, message.sender);
    if (change !== "none") this.events.message(this.transcript.find(message.id) ?? message, change, live);
    this.watchForGap();
  }

  /** A quick reply comes back as what was sent; people should read what they pressed. */
  private titleOf(text: string): string {
    for (const message of [...this.transcript.messages].reverse()) {
      const offered = message.quickReplies.find((reply) => reply.payload === text);
      if (offered) return offered.title;
    }
    return text;
  }

  /** Something in between is missing: give it a moment to arrive, then ask for it. */
  private watchForGap(): void {
    clearTimeout(this.gapTimer);
    if (!this.transcript.hasGap) return;
    this.gapTimer = setTimeout(() => {
      if (this.transcript.hasGap) this.requestSession();
    }, GAP_PATIENCE_MS);
  }

  private transmit(item: Outgoing, timeoutMs: number): Promise<Acknowledgement | undefined> {
    if (!this.socket.connected || !this.session) return Promise.reject(new Error("not connected"));
    const ids = item.attachments.map((attachment) => attachment.id);
    return this.socket.timeout(timeoutMs).emitWithAck("user_uttered", {
      message: item.payload,
      session_id: this.session,
      metadata: { message_id: item.id, ...(ids.length ? { attachments: ids } : {}) },
    });
  }

  private confirmed(id: string, seq: number | undefined): void {
    const change = this.transcript.confirm(id, seq);
    const message = this.transcript.find(id);
    if (message) this.events.message(message, change, true);
    this.watchForGap();
  }

  private refused(id: string, error: { code: string; message?: string }): void {
    const message = this.transcript.find(id);
    if (!message) return;
    message.delivery = "failed";
    message.error = error;
    this.events.message(message, "updated", true);
  }
}
