import type { Translate } from "../locale";
import { h } from "../shell/dom";
import { icon } from "../shell/icons";

const BEST = 5;

/** What the question needs from the panel around it. */
export interface RatingContext {
  t: Translate;
  /** Sends the mark; whether it was kept. */
  rate(score: number): Promise<boolean>;
  announce(text: string): void;
}

/** One question at the end of a conversation with a person: five marks to choose from, or none. */
export class Rating {
  readonly element = h("div", { class: "cl-rating", role: "group", hidden: true });
  private readonly note = h("p", { class: "cl-rating-note", role: "status" });
  private asked = false;

  constructor(private readonly context: RatingContext) {}

  /** Puts the question, or takes it away when it is not due any more. */
  due(yes: boolean): void {
    if (yes === this.asked) return;
    this.asked = yes;
    if (yes) this.ask();
    else if (!this.note.textContent) this.element.hidden = true;
  }

  /** Writes the words anew, for another language. */
  label(): void {
    if (this.asked) this.ask();
  }

  private ask(): void {
    const { t } = this.context;
    const marks = Array.from({ length: BEST }, (_, index) => this.mark(index + 1));
    const away = h("button", { type: "button", class: "cl-rating-away", "aria-label": t("rating.later") }, icon("close"));
    away.addEventListener("click", () => (this.element.hidden = true));
    this.note.textContent = "";
    this.element.setAttribute("aria-label", t("rating.question"));
    this.element.replaceChildren(
      h("p", {}, t("rating.question"), away),
      h("div", { class: "cl-marks" }, h("small", {}, t("rating.worst")), ...marks, h("small", {}, t("rating.best"))),
      this.note,
    );
    this.element.hidden = false;
  }

  private mark(score: number): HTMLButtonElement {
    const label = this.context.t("rating.mark", { score, best: BEST });
    const button = h("button", { type: "button", "aria-label": label, title: label }, String(score));
    button.addEventListener("click", () => void this.give(score));
    return button;
  }

  private async give(score: number): Promise<void> {
    const { t, rate, announce } = this.context;
    const kept = await rate(score);
    this.note.textContent = t(kept ? "rating.thanks" : "rating.failed");
    if (!kept) return;
    announce(t("rating.thanks"));
    this.element.replaceChildren(this.note);
  }
}
