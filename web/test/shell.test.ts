import { describe, expect, it } from "vitest";
import en from "../src/locale/en.json";
import zh from "../src/locale/zh.json";
import { pickLanguage, translator } from "../src/locale";
import { safeStore, scoped } from "../src/protocol/storage";
import { contrast, parseColour, readableOn } from "../src/shell/theme";

const names = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();

describe("strings", () => {
  it("has every string in every language, with the same places to fill", () => {
    expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort());
    for (const key of Object.keys(en) as Array<keyof typeof en>) expect(names(zh[key]), key).toEqual(names(en[key]));
  });

  it("picks the first language it knows", () => {
    expect([pickLanguage(null, "fr-CH", "zh-Hans-CN"), pickLanguage("EN_gb"), pickLanguage("fr")]).toEqual(["zh", "en", "en"]);
  });

  it("fills in values and leaves unknown places alone", () => {
    expect(translator("en")("launcher.unread", { count: 3 })).toBe("new messages: 3");
    expect(translator("en")("launcher.unread")).toContain("{count}");
  });
});

describe("colours", () => {
  it.each(["#0b5c56", "#ffd400", "#777", "#f00", "#808080"])("finds readable text on %s", (value) => {
    const colour = parseColour(value)!;
    expect(contrast(colour, parseColour(readableOn(colour))!)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(["red", "#12", "url(x)", "#0b5c56;x"])("does not take %s", (value) => expect(parseColour(value)).toBeUndefined());
});

describe("storage", () => {
  it("falls back to memory when the browser forbids it", () => {
    const store = scoped(
      safeStore(() => {
        throw new Error("denied");
      }),
      "a:",
    );
    store.set("key", "value");
    expect(store.get("key")).toBe("value");
    store.remove("key");
    expect(store.get("key")).toBeNull();
  });
});
