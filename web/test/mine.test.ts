/** Who has not been answered yet, in the list of one's own customers, from the events alone. */
import { beforeEach, expect, test } from "vitest";
import { startLive } from "../src/desk/live";
import { startMine } from "../src/desk/mine";

const source = new EventTarget();
startLive();
startMine();
document.body.dispatchEvent(new CustomEvent("htmx:sseOpen", { detail: { source } }));

const said = (sender: string, seq: number, conversation = "a"): boolean =>
  source.dispatchEvent(
    new MessageEvent("message", { data: JSON.stringify({ conversation, sender, seq, at: "2026-11-22T10:00:00Z" }) }),
  );

const isShown = (): boolean => !document.querySelector<HTMLElement>("[data-unanswered]")?.hidden;

beforeEach(() => {
  document.body.innerHTML = `<ul data-mine><li><a data-conversation="a">
    <span data-unanswered hidden><time></time></span></a></li></ul>`;
});

test("a customer's words are to be answered, since then", () => {
  said("customer", 1);
  expect(isShown()).toBe(true);
  expect(document.querySelector("time")?.dataset["since"]).toBe("2026-11-22T10:00:00Z");
});

test("an answer takes the mark away", () => {
  said("customer", 1);
  said("agent", 2);
  expect(isShown()).toBe(false);
});

test("an event that comes late changes nothing", () => {
  said("agent", 2);
  said("customer", 1);
  expect(isShown()).toBe(false);
});

test("another conversation's words mark only that one", () => {
  said("customer", 1, "b");
  expect(isShown()).toBe(false);
});
