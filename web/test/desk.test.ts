/** The desk's outbox and its clocks, without a page. */
import { beforeEach, expect, test, vi } from "vitest";
import { Outbox, type Attempt, type Outgoing } from "../src/desk/outbox";
import { clockText } from "../src/desk/ticking";

const words = (id: string): Outgoing => ({ id, text: `text ${id}`, attachments: [] });

beforeEach(() => {
  sessionStorage.clear();
  vi.useFakeTimers();
});

test.each([
  [0, "0:00"],
  [67, "1:07"],
  [3907, "1:05:07"],
  [-4, "0:00"],
])("%s seconds are %s", (seconds, text) => expect(clockText(seconds)).toBe(text));

test("words go out in order, one at a time, and are gone when they are through", async () => {
  const sent: string[] = [];
  const outbox = new Outbox("k", async (each) => (sent.push(each.id), { kind: "through" }), () => undefined);
  for (const id of ["a", "b", "c"]) outbox.add(words(id));
  await vi.runAllTimersAsync();
  expect(sent).toEqual(["a", "b", "c"]);
  expect(outbox.words).toEqual([]);
});

test("without a connection they wait and are sent again with the same id", async () => {
  const answers: Attempt[] = [{ kind: "lost" }, { kind: "lost" }, { kind: "through" }];
  const sent: string[] = [];
  const send = async (each: Outgoing): Promise<Attempt> => (sent.push(each.id), answers.shift() ?? { kind: "through" });
  const outbox = new Outbox("k", send, () => undefined);
  outbox.add(words("a"));
  await vi.runAllTimersAsync();
  expect(sent).toEqual(["a", "a", "a"]);
  expect(outbox.words).toEqual([]);
});

test("what was refused waits for the agent and lets the next ones pass", async () => {
  const send = async (each: Outgoing): Promise<Attempt> =>
    each.id === "a" ? { kind: "refused", words: "too long" } : { kind: "through" };
  const outbox = new Outbox("k", send, () => undefined);
  outbox.add(words("a"));
  outbox.add(words("b"));
  await vi.runAllTimersAsync();
  expect(outbox.words.map((each) => [each.id, each.refusal])).toEqual([["a", "too long"]]);
});

test("a reload finds what was not through", async () => {
  const lost = async (): Promise<Attempt> => ({ kind: "lost" });
  new Outbox("k", lost, () => undefined).add(words("a"));
  const after = new Outbox("k", lost, () => undefined);
  expect(after.words.map((each) => each.id)).toEqual(["a"]);
});
