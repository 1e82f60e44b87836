import { describe, expect, it } from "vitest";
import { isLanguage, translator, type Language } from "../src/locale";
import { StateLine } from "../src/panel/state";
import { buildFrame } from "../src/shell/frame";

const texts = (language: Language) => {
  const t = translator(language);
  return { title: t("title"), subtitle: t("subtitle"), launcher: t("launcher.open"), language };
};

describe("the language spoken at the moment", () => {
  it("is the one a translator asks for each time", () => {
    let language: Language = "en";
    const t = translator(() => language);
    const before = t("input.send");
    language = "zh";
    expect([before, t("input.send")]).toEqual([translator("en")("input.send"), translator("zh")("input.send")]);
  });

  it.each([["zh", true], ["en", true], ["fr", false], ["toString", false]])("%s has strings: %s", (code, has) => {
    expect(isLanguage(code)).toBe(has);
  });

  it("changes the frame where it stands", () => {
    let language: Language = "en";
    const frame = buildFrame(translator(() => language), texts("en"));
    const { panel } = frame;
    language = "zh";
    frame.label(texts("zh"));
    expect(panel.querySelector(".subtitle")?.textContent).toBe(translator("zh")("subtitle"));
    expect(frame.close.getAttribute("aria-label")).toBe(translator("zh")("panel.close"));
    expect([panel.lang, frame.launcher.lang]).toEqual(["zh", "zh"]);
    expect(frame.launcher.querySelector(".badge")).toBe(frame.badge);
  });

  it("changes a notice that stands", () => {
    let language: Language = "en";
    const said: string[] = [];
    const line = new StateLine(translator(() => language), (text) => said.push(text));
    line.connectionIs("online");
    line.handoffIs({ state: "waiting", position: 2 });
    language = "zh";
    line.relabel();
    expect(said.slice(-2)).toEqual(
      (["en", "zh"] as const).map((code) => translator(code)("handoff.waiting_position", { position: 2 })),
    );
  });
});
