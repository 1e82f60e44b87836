import { describe, expect, it } from "vitest";
import { fromOutgoing, fromServer, Transcript } from "../src/protocol/transcript";

const bot = (seq: number, id = `b${seq}`) => fromServer({ id, seq, text: `text ${seq}` }, "bot");
const own = (id: string) => fromOutgoing({ id, payload: "hi", text: "hi", attachments: [], at: 0 });
const ids = (transcript: Transcript) => transcript.messages.map((message) => message.id);

describe("Transcript", () => {
  it("keeps each message once, by id and by sequence number", () => {
    const transcript = new Transcript();
    expect(transcript.add(bot(1))).toBe("appended");
    expect(transcript.add(bot(1))).toBe("none");
    expect(transcript.add(bot(1, "other"))).toBe("none");
    expect(ids(transcript)).toEqual(["b1"]);
  });

  it("puts a late message where it belongs", () => {
    const transcript = new Transcript();
    transcript.add(bot(1));
    transcript.add(bot(3));
    expect(transcript.add(bot(2))).toBe("reordered");
    expect(ids(transcript)).toEqual(["b1", "b2", "b3"]);
  });

  it("keeps unsent messages at the end, in the order they were written", () => {
    const transcript = new Transcript();
    transcript.add(own("x"));
    transcript.add(own("y"));
    transcript.add(bot(1));
    expect(ids(transcript)).toEqual(["b1", "x", "y"]);
  });

  it("knows an own message again when history brings it back", () => {
    const transcript = new Transcript();
    transcript.add(own("x"));
    transcript.add(fromServer({ id: "x", seq: 1, text: "hi", sender: "customer" }, "customer"));
    expect(transcript.messages).toHaveLength(1);
    expect(transcript.find("x")?.delivery).toBe("stored");
  });

  it("drops the copy that came back under another id", () => {
    const transcript = new Transcript();
    transcript.add(own("x"));
    transcript.add(fromServer({ id: "server-id", seq: 1, text: "hi", sender: "customer" }, "customer"));
    transcript.confirm("x", 1);
    expect(ids(transcript)).toEqual(["x"]);
  });

  it("tells up to where it is complete, and whether something is missing", () => {
    const transcript = new Transcript();
    transcript.add(bot(1));
    transcript.add(bot(2));
    expect([transcript.completeUpTo, transcript.hasGap]).toEqual([2, false]);
    transcript.add(bot(5));
    expect([transcript.completeUpTo, transcript.hasGap]).toEqual([2, true]);
  });

  it("reads what a plain Rasa server sends", () => {
    const message = fromServer({ text: "hi", quick_replies: [{ title: "Yes", payload: "/affirm" }] }, "bot");
    expect(message.id).not.toBe("");
    expect(message.seq).toBeUndefined();
    expect(message.quickReplies).toHaveLength(1);
  });
});
