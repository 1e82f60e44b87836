/** How the call page looks; what happens is call.ts's business. */
import { h } from "../shell/dom";
import { Captions } from "./captions";
import { LANGUAGES, problem, speaker, type Key, type Language } from "./words";

export type Phase = "idle" | "asking" | "connecting" | "talking" | "ended";

export interface Actions {
  call(): void;
  hangUp(): void;
  mute(on: boolean): void;
  key(key: string): void;
  language(language: Language): void;
}

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const SHIELD = "M16 2l12 4.4v8.2c0 7.4-4.8 12.6-12 15.6C8.8 27.2 4 22 4 14.6V6.4z";
const PHONE =
  "M6.6 3.5 9 3c.7-.1 1.3.2 1.5.9l1 3c.2.6 0 1.2-.5 1.6L9.400 9.900a12.500 12.500 0 0 0 4.700 4.700l1.400-1.600c.4-.5 1-.7 1.600-.5l3 1c.7.2 1 .8.9 1.500l-.5 2.400c-.2 1-1 1.600-2 1.600C11 19 5 13 5 5.500c0-1 .6-1.800 1.600-2z";

function icon(path: string, box: number): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", `0 0 ${box} ${box}`);
  svg.setAttribute("aria-hidden", "true");
  const drawn = document.createElementNS(space, "path");
  drawn.setAttribute("d", path);
  drawn.setAttribute("fill", "currentColor");
  svg.append(drawn);
  return svg;
}

export class View {
  readonly captions: Captions;
  private say = speaker("en");
  private phase: Phase = "idle";
  private isMuted = false;
  private told: Key | undefined;
  private readonly heading = h("h1");
  private readonly brand = h("span");
  private readonly home = h("a", { class: "brand", href: "/" }, icon(SHIELD, 32), this.brand);
  private readonly languages = h("div", { class: "languages", role: "group" });
  private readonly intro = h("p", { class: "intro" });
  private readonly state = h("span", { role: "status" });
  private readonly time = h("time", { hidden: true });
  private readonly alert = h("p", { class: "problem", role: "alert", hidden: true });
  private readonly buttonWords = h("span");
  private readonly button = h("button", { class: "dial", type: "button" }, icon(PHONE, 24), this.buttonWords);
  private readonly meter = h("div", { class: "meter", role: "meter", "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": "0" });
  private readonly muteButton = h("button", { class: "tool", type: "button", "aria-pressed": "false" });
  private readonly keypadButton = h("button", { class: "tool", type: "button", "aria-expanded": "false", "aria-controls": "keypad" });
  private readonly keypad = h("div", { id: "keypad", class: "keypad", role: "group", hidden: true });
  private readonly tools = h("div", { class: "tools", hidden: true }, this.muteButton, this.meter, this.keypadButton);
  private readonly privacy = h("p", { class: "privacy" });

  constructor(private readonly actions: Actions) {
    this.captions = new Captions(this.say);
    this.keypad.append(...KEYS.map((key) => this.keyButton(key)));
    this.languages.append(...LANGUAGES.map(([code, name]) => this.languageButton(code, name)));
    this.button.addEventListener("click", () => (this.isOn ? actions.hangUp() : actions.call()));
    this.muteButton.addEventListener("click", () => actions.mute(!this.isMuted));
    this.keypadButton.addEventListener("click", () => this.showKeypad(this.keypad.hidden !== false));
    document.addEventListener("keydown", (event) => this.typed(event));
    document.body.append(
      h("header", {}, this.home, this.languages),
      h(
        "main",
        {},
        h("div", { class: "phone" }, this.heading, this.intro, h("p", { class: "state" }, this.state, this.time), this.button, this.alert, this.tools, this.keypad),
        this.captions.element,
        this.privacy,
      ),
    );
  }

  speak(language: Language): void {
    this.say = speaker(language);
    document.documentElement.lang = language;
    document.title = this.say("title");
    this.heading.textContent = this.say("title");
    this.brand.textContent = this.say("brand");
    this.home.title = this.say("back");
    this.intro.textContent = this.say("intro");
    this.privacy.textContent = this.say("privacy");
    this.languages.setAttribute("aria-label", this.say("language"));
    this.keypad.setAttribute("aria-label", this.say("keypad"));
    this.keypadButton.textContent = this.say("keypad");
    this.meter.setAttribute("aria-label", this.say("level"));
    for (const button of this.languages.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.lang === language));
    for (const button of this.keypad.querySelectorAll("button")) button.setAttribute("aria-label", this.say("key", { key: this.keyName(button.value) }));
    this.captions.speak(this.say);
    this.show(this.phase);
    this.mute(this.isMuted);
    this.tell(this.told);
  }

  show(phase: Phase): void {
    this.phase = phase;
    document.body.dataset.phase = phase;
    this.state.textContent = this.say(this.isMuted && phase === "talking" ? "muted" : phase);
    this.buttonWords.textContent = this.say(this.isOn ? "hang_up" : phase === "ended" ? "call_again" : "call");
    this.tools.hidden = phase !== "talking";
    this.time.hidden = phase !== "talking" && phase !== "ended";
    for (const button of this.languages.querySelectorAll("button")) button.disabled = this.isOn;
    if (phase !== "talking") this.showKeypad(false);
  }

  /** Says what went wrong, by its code; nothing without one. */
  problem(code?: string): void {
    this.tell(code === undefined ? undefined : problem(code));
  }

  private tell(key: Key | undefined): void {
    this.told = key;
    this.alert.hidden = key === undefined;
    const text = key === undefined ? "" : this.say(key);
    if (this.alert.textContent !== text) this.alert.textContent = text;
  }

  mute(on: boolean): void {
    this.isMuted = on;
    this.muteButton.setAttribute("aria-pressed", String(on));
    this.muteButton.textContent = this.say(on ? "unmute" : "mute");
    if (this.phase === "talking") this.show("talking");
    this.level(0);
  }

  /** Loudness of the microphone, 0 to 1. */
  level(level: number): void {
    const shown = Math.min(100, Math.round(100 * Math.sqrt(level) * 1.6));
    this.meter.setAttribute("aria-valuenow", String(shown));
    this.meter.style.setProperty("--level", `${shown}%`);
  }

  /** Seconds since the call began. */
  elapsed(seconds: number): void {
    const rest = String(seconds % 60).padStart(2, "0");
    this.time.textContent = this.say("seconds", { minutes: Math.floor(seconds / 60), seconds: rest });
  }

  private get isOn(): boolean {
    return this.phase === "asking" || this.phase === "connecting" || this.phase === "talking";
  }

  private showKeypad(on: boolean): void {
    this.keypad.hidden = !on;
    this.keypadButton.setAttribute("aria-expanded", String(on));
  }

  private keyName(key: string): string {
    return key === "*" ? this.say("star") : key === "#" ? this.say("hash") : key;
  }

  private keyButton(key: string): HTMLButtonElement {
    const button = h("button", { type: "button", value: key }, key);
    button.addEventListener("click", () => this.actions.key(key));
    return button;
  }

  private languageButton(code: Language, name: string): HTMLButtonElement {
    const button = h("button", { type: "button", lang: code }, name);
    button.addEventListener("click", () => this.actions.language(code));
    return button;
  }

  /** The keyboard's digits are the telephone's, as long as a call goes on. */
  private typed(event: KeyboardEvent): void {
    if (this.phase !== "talking" || event.ctrlKey || event.metaKey || event.altKey || !KEYS.includes(event.key)) return;
    event.preventDefault();
    const button = [...this.keypad.querySelectorAll("button")].find((each) => each.value === event.key);
    button?.classList.add("pressed");
    setTimeout(() => button?.classList.remove("pressed"), 150);
    this.actions.key(event.key);
  }
}
