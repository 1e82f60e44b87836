import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Outbox, type OutboxHooks } from "../src/protocol/outbox";
import { safeStore } from "../src/protocol/storage";
import type { Acknowledgement, Outgoing } from "../src/protocol/types";

const item = (id: string): Outgoing => ({ id, payload: id, text: id, attachments: [], at: 0 });
const refused = (code: string): Acknowledgement => ({ ok: false, error: { code } });

function make(answers: Array<Acknowledgement | Error | undefined>, store = safeStore(() => undefined)) {
  const sent: string[] = [];
  const hooks = {
    send: vi.fn(async (out: Outgoing) => {
      sent.push(out.id);
      const yes = { ok: true as const, message_id: out.id, seq: sent.length };
      const answer = answers.length ? answers.shift() : yes;
      if (answer instanceof Error) throw answer;
      return answer;
    }),
    stored: vi.fn(),
    failed: vi.fn(),
    delayed: vi.fn(),
    sessionLost: vi.fn(),
  } satisfies OutboxHooks;
  return { outbox: new Outbox(store, hooks), hooks, sent, store };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

describe("Outbox", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("holds messages until it is open and sends them in order", async () => {
    const { outbox, sent } = make([]);
    outbox.push(item("a"));
    outbox.push(item("b"));
    await settle();
    expect(sent).toEqual([]);
    outbox.open();
    await settle();
    expect(sent).toEqual(["a", "b"]);
    expect(outbox.waiting).toEqual([]);
  });

  it("sends the same message again when no answer came, before any later one", async () => {
    const { outbox, sent, hooks } = make([new Error("timeout")]);
    outbox.open();
    outbox.push(item("a"));
    outbox.push(item("b"));
    await settle();
    expect(sent).toEqual(["a"]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sent).toEqual(["a", "a", "b"]);
    expect(hooks.stored).toHaveBeenCalledTimes(2);
  });

  it("waits longer each time the server is too busy", async () => {
    const { outbox, sent, hooks } = make([refused("too_fast"), refused("unavailable")]);
    outbox.open();
    outbox.push(item("a"));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sent).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1_999);
    expect(sent).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(sent).toHaveLength(3);
    expect(hooks.delayed).toHaveBeenCalledTimes(2);
  });

  it("gives up a message that the server refuses for good, and goes on", async () => {
    const { outbox, sent, hooks } = make([refused("too_long")]);
    outbox.open();
    outbox.push(item("a"));
    outbox.push(item("b"));
    await settle();
    expect(hooks.failed).toHaveBeenCalledWith(expect.objectContaining({ id: "a" }), { code: "too_long" });
    expect(sent).toEqual(["a", "b"]);
  });

  it("asks for a session when the server has none, and keeps the message", async () => {
    const { outbox, hooks } = make([refused("no_session")]);
    outbox.open();
    outbox.push(item("a"));
    await settle();
    expect(hooks.sessionLost).toHaveBeenCalledOnce();
    expect(outbox.waiting.map((waiting) => waiting.id)).toEqual(["a"]);
  });

  it("takes an empty answer, as a plain Rasa server gives it, for a yes", async () => {
    const { outbox, hooks } = make([undefined]);
    outbox.open();
    outbox.push(item("a"));
    await settle();
    expect(hooks.stored).toHaveBeenCalledOnce();
  });

  it("survives a reload with what waits", () => {
    const first = make([]);
    first.outbox.push(item("a"));
    const second = make([], first.store);
    expect(second.outbox.waiting).toEqual([item("a")]);
  });

  it("starts empty when its storage is damaged", () => {
    const store = safeStore(() => undefined);
    store.set("outbox", "{broken");
    expect(make([], store).outbox.waiting).toEqual([]);
  });
});
