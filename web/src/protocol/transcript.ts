import { newId } from "./ids";
import type { Attachment, Data, Message, Outgoing, Sender, ServerMessage } from "./types";

/** What a change did to the conversation, so that a view need not redraw everything. */
export type Change = "none" | "appended" | "updated" | "reordered";

function asArray<T>(value: T | T[] | null | undefined): T[] {
  if (value === null || value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function timeOf(ts: string | number | null | undefined): number {
  if (typeof ts === "number") return ts < 1e11 ? ts * 1000 : ts; // seconds or milliseconds
  const parsed = ts ? Date.parse(ts) : NaN;
  return Number.isNaN(parsed) ? Date.now() : parsed;
}

function nameOf(agent: ServerMessage["agent"]): string | undefined {
  if (!agent) return undefined;
  return typeof agent === "string" ? agent : agent.name;
}

/** Brings a message of the server into the widget's form. */
export function fromServer(raw: ServerMessage, sender: Sender): Message {
  const data = asArray<Data>(raw.data);
  const named = data.find((item) => typeof item.agent === "string")?.agent as string | undefined;
  return {
    id: raw.id ?? newId(),
    seq: typeof raw.seq === "number" ? raw.seq : undefined,
    sender: raw.sender ?? sender,
    text: raw.text ?? "",
    quickReplies: asArray(raw.quick_replies).filter((reply) => reply && reply.title && reply.payload),
    attachments: asArray<Attachment>(raw.attachments),
    attachment: raw.attachment ?? undefined,
    data,
    agent: nameOf(raw.agent) ?? named,
    at: timeOf(raw.ts),
    delivery: "stored",
  };
}

/** An own message that the server has not confirmed yet. */
export function fromOutgoing(item: Outgoing): Message {
  return {
    id: item.id,
    sender: "customer",
    text: item.text,
    quickReplies: [],
    attachments: item.attachments,
    data: [],
    at: item.at,
    delivery: "sending",
  };
}

/**
 * The conversation in order, each message once.
 *
 * Messages are the same when their id or their sequence number is the same: history after a reconnect
 * overlaps what arrived live, and an own message comes back with the id it was sent with. Messages without a
 * sequence number (not stored yet) stand at the end in the order they were written.
 */
export class Transcript {
  private items: Message[] = [];

  get messages(): readonly Message[] {
    return this.items;
  }

  find(id: string): Message | undefined {
    return this.items.find((message) => message.id === id);
  }

  clear(): void {
    this.items = [];
  }

  remove(id: string): void {
    this.items = this.items.filter((message) => message.id !== id);
  }

  /** The last sequence number up to which nothing is missing. */
  get completeUpTo(): number {
    const known = new Set(this.items.map((message) => message.seq));
    let seq = 0;
    while (known.has(seq + 1)) seq += 1;
    return seq;
  }

  /** Whether a message is known to be missing between others. */
  get hasGap(): boolean {
    const highest = Math.max(0, ...this.items.map((message) => message.seq ?? 0));
    return this.completeUpTo < highest;
  }

  /** Adds a message, or refreshes the one that is already there. */
  add(message: Message): Change {
    const same = this.items.find(
      (other) => other.id === message.id || (message.seq !== undefined && other.seq === message.seq),
    );
    if (same) return this.refresh(same, message);
    this.items.push(message);
    return this.sort() ? "reordered" : "appended";
  }

  /** Notes that the server stored an own message; drops a copy that came back under another id. */
  confirm(id: string, seq: number | undefined): Change {
    const message = this.find(id);
    if (!message) return "none";
    const copies = this.items.length;
    if (seq !== undefined) this.items = this.items.filter((other) => other === message || other.seq !== seq);
    message.seq = seq ?? message.seq;
    message.delivery = "stored";
    message.error = undefined;
    return this.sort() || this.items.length !== copies ? "reordered" : "updated";
  }

  private refresh(known: Message, message: Message): Change {
    const before = JSON.stringify(known);
    known.seq = message.seq ?? known.seq;
    if (message.delivery === "stored") {
      known.delivery = "stored";
      known.error = undefined;
    }
    if (known.attachments.length === 0) known.attachments = message.attachments;
    if (this.sort()) return "reordered";
    return JSON.stringify(known) === before ? "none" : "updated";
  }

  /** Sorts by sequence number; true when an order that was shown has changed. */
  private sort(): boolean {
    const before = this.items;
    const rank = (message: Message): number => message.seq ?? Number.MAX_SAFE_INTEGER;
    this.items = before
      .map((message, index) => ({ message, index }))
      .sort((a, b) => rank(a.message) - rank(b.message) || a.index - b.index)
      .map(({ message }) => message);
    return this.items.some((message, index) => message !== before[index]);
  }
}
