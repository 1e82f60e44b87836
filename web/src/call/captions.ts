/** What is said, as it is being said. */
import { h } from "../shell/dom";
import type { Caption, Who } from "./connection";
import type { Say } from "./words";

const MOST = 200;

/** A log of what both sides said. Words that are still being recognised stand below it, where they are shown but not read aloud by a
 * screen reader: only what is final is. */
export class Captions {
  readonly element: HTMLElement;
  private readonly said = h("ol", { class: "said" });
  private readonly log = h("div", { role: "log", "aria-live": "polite", "aria-relevant": "additions" }, this.said);
  private readonly interim = h("p", { class: "interim", "aria-hidden": "true" });
  private readonly empty = h("p", { class: "empty" });
  private readonly scroller: HTMLElement;
  private lastWho: Who | undefined;

  constructor(private say: Say) {
    this.scroller = h("div", { class: "scroller", tabindex: "0" }, this.empty, this.log, this.interim);
    this.element = h("section", { class: "captions" }, this.scroller);
    new ResizeObserver(() => this.toEnd()).observe(this.scroller); // a keypad that opens takes its room from above
    this.speak(say);
  }

  speak(say: Say): void {
    this.say = say;
    this.scroller.setAttribute("aria-label", say("captions"));
    this.log.setAttribute("aria-label", say("captions"));
    this.empty.textContent = say("captions_empty");
  }

  clear(): void {
    this.said.replaceChildren();
    this.interim.textContent = "";
    this.interim.removeAttribute("data-who");
    this.empty.hidden = false;
    this.lastWho = undefined;
  }

  show({ who, text, final }: Caption): void {
    if (!final) {
      this.interim.textContent = text;
      this.interim.dataset.who = who;
    } else {
      if (this.interim.dataset.who === who) this.interim.textContent = "";
      if (text.trim()) this.add(who, text);
    }
    this.empty.hidden = this.said.childElementCount > 0 || Boolean(this.interim.textContent);
    this.toEnd();
  }

  private toEnd(): void {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  private add(who: Who, text: string): void {
    const shown = who === "system" ? "bot" : who; // one voice speaks for both
    const name = h("span", { class: shown === this.lastWho ? "who again" : "who" }, this.say(`who_${shown}`));
    this.lastWho = shown;
    this.said.append(h("li", { class: shown }, name, h("span", { class: "words" }, text)));
    while (this.said.childElementCount > MOST) this.said.firstElementChild?.remove();
  }
}
