import type { Store } from "./storage";
import type { Acknowledgement, Outgoing } from "./types";

const KEY = "outbox";
const RETRY_FIRST_MS = 1_000;
const RETRY_MOST_MS = 20_000;
const ACK_TIMEOUT_MS = 10_000;

/** Errors that pass by themselves: the same message is worth sending again. */
const PASSING = new Set(["too_fast", "unavailable", "busy"]);

export interface OutboxHooks {
  /** Sends one message; rejects when no answer came in time. A plain Rasa server answers with nothing. */
  send(item: Outgoing, timeoutMs: number): Promise<Acknowledgement | undefined>;
  stored(item: Outgoing, seq: number | undefined): void;
  failed(item: Outgoing, error: { code: string; message?: string }): void;
  /** The server could not take it now; it will be sent again. */
  delayed(code: string): void;
  /** The server does not know our session any more: ask for one, then call `open` again. */
  sessionLost(): void;
}

/**
 * Messages that the server has not confirmed, sent one at a time in the order they were written.
 *
 * An item leaves only when the server has said what became of it. It keeps its id, so sending it again after
 * a lost connection changes nothing on a server that has it already. The items lie in the tab's session
 * storage: they survive a reload and go with the tab.
 */
export class Outbox {
  private items: Outgoing[];
  private ready = false;
  private running = false;
  private delay = RETRY_FIRST_MS;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly store: Store,
    private readonly hooks: OutboxHooks,
  ) {
    this.items = Outbox.restore(store);
  }

  private static restore(store: Store): Outgoing[] {
    try {
      const items: unknown = JSON.parse(store.get(KEY) ?? "[]");
      return Array.isArray(items) ? (items as Outgoing[]) : [];
    } catch {
      return [];
    }
  }

  get waiting(): readonly Outgoing[] {
    return this.items;
  }

  push(item: Outgoing): void {
    this.items.push(item);
    this.save();
    void this.flush();
  }

  /** The connection has a session: what waits may go. */
  open(): void {
    this.ready = true;
    this.delay = RETRY_FIRST_MS;
    void this.flush();
  }

  /** The connection is gone: hold everything. */
  hold(): void {
    this.ready = false;
    clearTimeout(this.timer);
  }

  private save(): void {
    if (this.items.length) this.store.set(KEY, JSON.stringify(this.items));
    else this.store.remove(KEY);
  }

  private async flush(): Promise<void> {
    if (this.running) return;
    this.running = true;
    clearTimeout(this.timer);
    try {
      while (this.ready && this.items[0]) {
        if (!(await this.deliver(this.items[0]))) break;
      }
    } finally {
      this.running = false;
    }
  }

  /** Sends one item. True when the next may follow. */
  private async deliver(item: Outgoing): Promise<boolean> {
    let answer: Acknowledgement | undefined;
    try {
      answer = await this.hooks.send(item, ACK_TIMEOUT_MS);
    } catch {
      return this.later("timeout");
    }
    if (!answer || answer.ok) {
      this.delay = RETRY_FIRST_MS;
      this.drop(item);
      this.hooks.stored(item, answer?.seq);
      return true;
    }
    const { error } = answer;
    if (PASSING.has(error.code)) return this.later(error.code);
    if (error.code === "no_session") {
      this.ready = false;
      this.hooks.sessionLost();
      return false;
    }
    this.drop(item);
    this.hooks.failed(item, error);
    return true;
  }

  private drop(item: Outgoing): void {
    this.items = this.items.filter((other) => other.id !== item.id);
    this.save();
  }

  private later(code: string): boolean {
    if (!this.ready) return false;
    this.hooks.delayed(code);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.flush(), this.delay);
    this.delay = Math.min(this.delay * 2, RETRY_MOST_MS);
    return false;
  }
}
