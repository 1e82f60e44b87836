import type { Translate } from "../locale";
import { h } from "../shell/dom";
import { icon } from "../shell/icons";

const BEST = 5;
const LONGEST = 500; // characters of the line

/** What the question needs from the panel around it. */
export interface RatingContext {
  t: Translate;
  /** Sends the mark, and what was written with it; whether it was kept. */
  rate(score: number, comment?: string): Promise<boolean>;
  announce(text: string): void;
}

/** One question at the end of a conversation with a person: five marks to choose from, or none; then a line, or none. */
export class Rating {
  readonly element = h("div", { class: "cl-rating", role: "group", hidden: true });
  private readonly note = h("p", { class: "cl-rating-note", role: "status" });
  private asked = false;
  private given = false;

  constructor(private readonly context: RatingContext) {}

  /** Puts the question, or takes it away when it is not due any more. */
  due(yes: boolean): void {
    if (yes === this.asked) return;
    this.asked = yes;
    if (yes) this.ask();
    else if (!this.given) this.element.hidden = true; // who has just given a mark reads the thanks
  }

  /** Writes the words anew, for another language. */
  label(): void {
    if (this.asked) this.ask();
  }

  private ask(): void {
    const { t } = this.context;
    const marks = Array.from({ length: BEST }, (_, index) => this.mark(index + 1));
    this.given = false;
    this.note.textContent = "";
    this.element.setAttribute("aria-label", t("rating.question"));
    this.element.replaceChildren(
      h("p", {}, t("rating.question"), this.away()),
      h("div", { class: "cl-marks" }, h("small", {}, t("rating.worst")), ...marks, h("small", {}, t("rating.best"))),
      this.note,
    );
    this.element.hidden = false;
  }

  private mark(score: number): HTMLButtonElement {
    const label = this.context.t("rating.mark", { score, best: BEST });
    const button = h("button", { type: "button", "aria-label": label, title: label }, String(score));
    button.addEventListener("click", (event) => void this.give(score, event.detail === 0));
    return button;
  }

  private async give(score: number, byKeyboard: boolean): Promise<void> {
    const { t, rate, announce } = this.context;
    this.given = true; // before the answer: that the question is not due any more comes first
    const kept = await rate(score);
    this.given = kept;
    this.note.textContent = t(kept ? "rating.thanks" : "rating.failed");
    if (!kept) return;
    announce(t("rating.thanks"));
    const remark = this.remark(score);
    this.element.replaceChildren(h("p", {}, this.note, this.away()), remark);
    if (byKeyboard) remark.querySelector("input")?.focus(); // a finger's press must not bring up the on-screen keyboard
  }

  /** The mark is kept already; this adds a line to it. */
  private remark(score: number): HTMLFormElement {
    const { t, rate, announce } = this.context;
    const label = t("rating.comment");
    const field = h("input", { type: "text", maxlength: String(LONGEST), "aria-label": label, placeholder: label, autocomplete: "off" });
    const form = h("form", { class: "cl-remark" }, field, h("button", { type: "submit" }, t("rating.send")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const comment = field.value.trim();
      if (!comment) return;
      void rate(score, comment).then((kept) => {
        this.note.textContent = t(kept ? "rating.comment_thanks" : "rating.failed");
        if (!kept) return;
        announce(t("rating.comment_thanks"));
        form.remove();
      });
    });
    return form;
  }

  private away(): HTMLButtonElement {
    const label = this.context.t("rating.later");
    const away = h("button", { type: "button", class: "cl-rating-away", "aria-label": label }, icon("close"));
    away.addEventListener("click", () => (this.element.hidden = true));
    return away;
  }
}
