import { isLanguage, pickLanguage, translator, type Language, type Translate } from "../locale";
import { safeStore } from "../protocol/storage";
import { adopt, h } from "./dom";
import { buildFrame, type Frame, type FrameTexts } from "./frame";
import { FullScreen } from "./fullscreen";
import { loadPanel, type Panel, type PanelHost } from "./parts";
import css from "./shell.css";
import { parseColour, readableOn } from "./theme";

const OPEN_KEY = "careline:open";
const LANGUAGE_KEY = "careline:language";
const SPOKEN_AT_ONCE = 6;

/** Where the widget's own files come from, and the nonce its script carried. */
export interface Origin {
  base: string;
  nonce: string;
}

/**
 * `<careline-chat>`: a launcher button and the chat panel it opens.
 *
 * Attributes: `server`, `lang` (en, zh), `theme` (light, dark, auto), `heading`, `subheading`, `label` (of the
 * launcher), `accent` (`#rrggbb`). The conversation itself is a second script, loaded when first wanted.
 */
export class CarelineChat extends HTMLElement {
  static origin: Origin = { base: "", nonce: "" };
  static readonly observedAttributes = ["server", "lang", "theme", "heading", "subheading", "label", "accent"];

  private readonly root = this.attachShadow({ mode: "open" });
  private readonly dark = window.matchMedia("(prefers-color-scheme: dark)");
  private readonly tab = safeStore(() => window.sessionStorage);
  private readonly onScheme = (): void => this.applyTheme();
  private readonly t: Translate = translator(() => this.language);
  private frame!: Frame;
  private fullScreen!: FullScreen;
  private panel: Panel | undefined;
  private unreadCount = 0;
  private drawn = false;
  private switched = false;

  connectedCallback(): void {
    if (!this.drawn) adopt(this.root, css);
    this.dark.addEventListener("change", this.onScheme);
    this.draw();
    if (this.tab.get(OPEN_KEY) === "1") this.open(false);
  }

  disconnectedCallback(): void {
    this.dark.removeEventListener("change", this.onScheme);
    this.fullScreen.set(false);
    this.panel?.unmount();
    this.panel = undefined;
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (!this.drawn || before === after) return;
    if (name === "lang") this.switchLanguage();
    if (name === "theme" || name === "accent") this.applyTheme();
    else this.redraw();
  }

  get opened(): boolean {
    return this.hasAttribute("data-open");
  }

  /** Opens the panel; the focus goes to the message field unless told not to move. */
  open(takeFocus = true): void {
    this.toggleAttribute("data-open", true);
    this.frame.launcher.setAttribute("aria-expanded", "true");
    this.tab.set(OPEN_KEY, "1");
    this.fullScreen.set(true);
    this.setUnread(0);
    if (takeFocus) this.frame.panel.focus();
    void this.show(takeFocus);
  }

  /** Closes the panel and gives the focus back to the launcher. */
  close(): void {
    if (!this.opened) return;
    this.toggleAttribute("data-open", false);
    this.frame.launcher.setAttribute("aria-expanded", "false");
    this.tab.remove(OPEN_KEY);
    this.fullScreen.set(false);
    this.panel?.shown(false);
    this.frame.launcher.focus();
  }

  private get server(): string {
    const wish = this.getAttribute("server");
    return new URL(wish || CarelineChat.origin.base, document.baseURI).origin;
  }

  /** The conversation's, once it has one; at first the page's or the browser's. */
  private get language(): Language {
    return pickLanguage(
      this.tab.get(LANGUAGE_KEY),
      this.getAttribute("lang"),
      document.documentElement.lang,
      navigator.language,
    );
  }

  /** The widget's own words follow the language in which the customer and the assistant speak. */
  private speak(code: string, changed: boolean): void {
    const before = this.language;
    if (!isLanguage(code) || (this.switched && !changed)) return;
    this.switched = false;
    this.tab.set(LANGUAGE_KEY, code);
    if (code === before) return;
    this.frame.label(this.texts);
    this.setUnread(this.unreadCount);
    this.panel?.relabel();
  }

  /** The page was switched to another language: that holds until the conversation itself changes. */
  private switchLanguage(): void {
    this.switched = true;
    this.tab.remove(LANGUAGE_KEY);
  }

  private get texts(): FrameTexts {
    return {
      title: this.getAttribute("heading") || this.t("title"),
      subtitle: this.getAttribute("subheading") || this.t("subtitle"),
      launcher: this.getAttribute("label") || this.t("launcher.open"),
      language: this.language,
    };
  }

  private draw(): void {
    this.frame = buildFrame(this.t, this.texts);
    const { launcher, panel, close, aloud } = this.frame;
    this.root.replaceChildren(launcher, panel, aloud);
    this.fullScreen = new FullScreen(this, panel);
    launcher.addEventListener("click", () => this.open());
    for (const hint of ["pointerenter", "focus"]) launcher.addEventListener(hint, () => this.preload());
    close.addEventListener("click", () => this.close());
    panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing) return;
      event.stopPropagation();
      this.close();
    });
    this.applyTheme();
    this.drawn = true;
  }

  private redraw(): void {
    const { opened } = this;
    this.fullScreen.set(false);
    this.panel?.unmount();
    this.panel = undefined;
    this.toggleAttribute("data-open", false);
    this.draw();
    if (opened) this.open(false);
  }

  private applyTheme(): void {
    const wish = this.getAttribute("theme");
    const dark = wish === "dark" || (wish !== "light" && this.dark.matches);
    this.dataset.theme = dark ? "dark" : "light";
    const colour = parseColour(this.getAttribute("accent") ?? "");
    if (!colour) return;
    this.style.setProperty("--careline-accent", this.getAttribute("accent"));
    this.style.setProperty("--careline-on-accent", readableOn(colour));
  }

  private preload(): void {
    loadPanel(`${CarelineChat.origin.base}careline-panel.js`, CarelineChat.origin.nonce).catch(() => undefined);
  }

  private async show(takeFocus: boolean): Promise<void> {
    const { frame } = this;
    if (!this.panel) {
      frame.body.replaceChildren(h("p", { class: "waiting" }, this.t("panel.loading")));
      try {
        const { base, nonce } = CarelineChat.origin;
        const mount = await loadPanel(`${base}careline-panel.js`, nonce);
        if (frame !== this.frame || this.panel) return;
        frame.body.replaceChildren();
        this.panel = mount(this.panelHost());
      } catch {
        this.offerAnotherTry();
        return;
      }
    }
    if (!this.opened) return;
    this.panel.shown(true);
    if (takeFocus) this.panel.focus();
  }

  private offerAnotherTry(): void {
    const again = h("button", { type: "button" }, this.t("panel.try_again"));
    again.addEventListener("click", () => void this.show(true));
    this.frame.body.replaceChildren(
      h("div", { class: "waiting", role: "alert" }, this.t("panel.load_failed"), again),
    );
  }

  private panelHost(): PanelHost {
    const spoken = (): Language => this.language;
    return {
      server: this.server,
      get language() {
        return spoken();
      },
      t: this.t,
      body: this.frame.body,
      showState: (text) => {
        if (this.frame.state.textContent !== text) this.frame.state.textContent = text;
      },
      announce: (text) => this.announce(text),
      conversationIn: (code, changed) => this.speak(code, changed),
      unread: () => {
        if (!this.opened) this.setUnread(this.unreadCount + 1);
      },
    };
  }

  private announce(text: string): void {
    const { aloud } = this.frame;
    aloud.append(h("p", {}, text));
    while (aloud.children.length > SPOKEN_AT_ONCE) aloud.firstElementChild?.remove();
  }

  private setUnread(count: number): void {
    this.unreadCount = count;
    const { badge, launcher } = this.frame;
    badge.textContent = count ? String(count) : "";
    const label = this.getAttribute("label") || this.t("launcher.open");
    if (count) launcher.setAttribute("aria-label", `${label}, ${this.t("launcher.unread", { count })}`);
    else launcher.removeAttribute("aria-label");
  }
}
