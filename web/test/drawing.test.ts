import { describe, expect, it } from "vitest";
import { translator } from "../src/locale";
import { aroundCards, card, safeAddress } from "../src/panel/cards";
import { clock, fileSize, linked } from "../src/panel/text";
import { check } from "../src/protocol/upload";

const t = translator("en");
const context = { t, server: "https://chat.example" };

describe("texts", () => {
  it("keeps contract numbers on one line", () => {
    const nodes = linked(t, "保单号（形如 PA-1234567），或手机号");
    expect(nodes.map((node) => (typeof node === "string" ? node : (node as HTMLElement).className))).toEqual([
      "保单号（形如 ",
      "cl-whole",
      "），或手机号",
    ]);
  });

  it("turns addresses into links and leaves everything else as text", () => {
    const nodes = linked(t, "See https://example.org/a. <b>Not</b> javascript:alert(1)");
    const links = nodes.filter((node): node is HTMLAnchorElement => typeof node !== "string");
    expect(links.map((link) => link.getAttribute("href"))).toEqual(["https://example.org/a"]);
    expect(nodes.filter((node) => typeof node === "string").join("")).toBe("See . <b>Not</b> javascript:alert(1)");
  });

  it("names the day of an older message", () => {
    const noon = Date.UTC(2026, 10, 12, 12);
    expect(clock(noon - 8 * 3_600_000, "en", noon)).not.toMatch(/\b0\d:/);
    expect(clock(noon, "en", noon + 60_000)).not.toMatch(/Nov/);
    expect(clock(noon, "en", noon + 3 * 86_400_000)).toMatch(/Nov/);
  });

  it("says sizes as people do", () => {
    expect([fileSize(10, "en"), fileSize(2.5 * 1048576, "en")]).toEqual(["1 kB", "2.5 MB"]);
  });
});

describe("cards", () => {
  it("links a source on the gateway", () => {
    const drawn = card({ kind: "source", title: "Storm & hail", url: "/knowledge/en/storm" }, context);
    expect(drawn?.querySelector("a")?.href).toBe("https://chat.example/knowledge/en/storm");
    expect(drawn?.textContent).toContain("Storm & hail");
  });

  it("shows a summary as names and values", () => {
    const drawn = card({ kind: "summary", title: "Claim", rows: [["When", "12 May"], ["Where", "<i>here</i>"]] }, context);
    expect([...(drawn?.querySelectorAll("dd") ?? [])].map((value) => value.textContent)).toEqual(["12 May", "<i>here</i>"]);
    expect(drawn?.querySelector("i")).toBeNull();
  });

  it("takes out of the text what the card says, and puts the rest around it", () => {
    const data = [{ kind: "summary", title: "Your claim", rows: [["When", "12 May"], ["Where", "High Street"]] }];
    const text = "Here is your claim:\nWhen: 12 May\n• Where: High Street\nIs it right?";
    expect(aroundCards(text, data)).toEqual({ above: "Here is your claim:", below: "Is it right?" });
    expect(aroundCards("12 May was the day.", data)).toEqual({ above: "12 May was the day.", below: "" });
  });

  it("makes an emergency number callable", () => {
    const drawn = card({ kind: "emergency", phone: "+1 (800) 555-0100" }, context);
    expect(drawn?.querySelector("a")?.getAttribute("href")).toBe("tel:+18005550100");
  });

  it.each([{ kind: "unknown" }, { kind: "list" }, { kind: "list", rows: "x" }, { kind: "constructor" }, {}])(
    "ignores what it cannot draw: %o",
    (data) => expect(card(data, context)).toBeUndefined(),
  );

  it.each(["javascript:alert(1)", "data:text/html,x", 7, null])("refuses the address %s", (value) =>
    expect(safeAddress(value, context.server)).toBeUndefined(),
  );
});

describe("files", () => {
  it.each([
    [{ name: "a.jpg", type: "image/jpeg", size: 10 }, undefined],
    [{ name: "A.PDF", type: "", size: 10 }, undefined],
    [{ name: "a.heic", type: "image/heic", size: 10 }, "file_type"],
    [{ name: "a.jpg.exe", type: "", size: 10 }, "file_type"],
    [{ name: "a.png", type: "image/png", size: 10 * 1024 * 1024 + 1 }, "file_size"],
    [{ name: "a.png", type: "image/png", size: 0 }, "file_empty"],
  ])("checks %o", (file, problem) => expect(check(file)).toBe(problem));
});
