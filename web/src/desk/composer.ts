/** Where the agent writes: words to the customer or a private note, files, drafts, what is not through yet. */
import { Canned } from "./canned";
import { Outbox, type Attempt, type Outgoing } from "./outbox";
import { failure, post } from "./shell";
import { keep, kept, onKept } from "./storage";
import { Tray } from "./tray";

const TYPING_EVERY = 3000; // ms
const TYPING_STOPS = 5000;

export class Composer {
  readonly outbox: Outbox;
  private readonly field: HTMLTextAreaElement;
  private readonly problem: HTMLElement;
  private readonly canned: Canned;
  private readonly tray: Tray;
  private typedAt = 0;
  private stops: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly form: HTMLFormElement,
    private readonly id: string,
    private readonly list: HTMLElement,
    private readonly sent: () => void,
  ) {
    this.field = form.querySelector("textarea") as HTMLTextAreaElement;
    this.problem = form.querySelector("[data-problem]") as HTMLElement;
    this.tray = new Tray(form, id);
    this.outbox = new Outbox(`outbox:${id}`, (words) => this.deliver(words), () => this.drawWaiting());
    const list_ = form.querySelector("[data-canned]") as HTMLElement;
    this.canned = new Canned(id, this.field, list_, (text) => this.put(text));
    this.keepDrafts();
    this.listen();
    this.drawWaiting();
    this.outbox.hurry();
  }

  /** Who may write what now: everything, notes only, or nothing. */
  allow(replies: boolean, notes: boolean): void {
    this.form.hidden = !replies && !notes;
    const off = document.querySelector<HTMLElement>("[data-composer-off]");
    if (off) off.hidden = replies;
    if (!replies && notes) this.setMode("note");
    if (replies && this.form.dataset["replies"] === "no") this.setMode("reply");
    this.form.dataset["replies"] = replies ? "yes" : "no";
    for (const part of this.form.querySelectorAll<HTMLElement>("[data-for-reply]")) part.hidden = !replies;
  }

  focus(mode: "reply" | "note"): void {
    if (this.form.hidden) return;
    if (mode === "note" || this.form.dataset["replies"] === "yes") this.setMode(mode);
    this.field.focus();
  }

  /** Puts a suggested or kept reply in; what was written before stays, above it. */
  put(text: string): void {
    const before = this.field.value.startsWith("/") ? "" : this.field.value.trim();
    this.setMode("reply");
    this.field.value = before ? `${before}\n\n${text}` : text;
    this.afterChange();
    this.field.focus();
    this.field.setSelectionRange(this.field.value.length, this.field.value.length);
  }

  private get isNote(): boolean {
    return new FormData(this.form).get("mode") === "note";
  }

  private setMode(mode: "reply" | "note"): void {
    const choice = this.form.querySelector<HTMLInputElement>(`input[name=mode][value=${mode}]`);
    if (choice) choice.checked = true;
    this.showMode();
  }

  private showMode(): void {
    this.form.classList.toggle("noting", this.isNote);
    const words = this.field.dataset[this.isNote ? "writeNote" : "write"] ?? "";
    this.field.placeholder = words;
    const label = this.form.querySelector("label[for=words]");
    if (label) label.textContent = words;
  }

  private listen(): void {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.submit();
    });
    this.form.addEventListener("change", () => this.showMode());
    this.field.addEventListener("input", () => this.afterChange());
    this.field.addEventListener("keydown", (event) => {
      if (event.isComposing) return; // Enter chooses a character in an input method
      if (this.canned.onKey(event)) return;
      if (event.key === "Enter" && !event.shiftKey) {
        event.preventDefault();
        this.form.requestSubmit();
      }
    });
    this.field.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length && !this.isNote) this.tray.add(files);
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.outbox.words.length) event.preventDefault(); // the browser asks whether to leave
    });
    window.addEventListener("online", () => this.outbox.hurry());
    this.showMode();
  }

  private keepDrafts(): void {
    const key = `draft:${this.id}`;
    this.field.value = kept(key);
    this.grow();
    onKept(key, (text) => {
      if (document.activeElement !== this.field || !document.hasFocus()) this.field.value = text;
    });
  }

  private afterChange(): void {
    keep(`draft:${this.id}`, this.field.value);
    this.problem.textContent = "";
    this.grow();
    void this.canned.consider();
    this.tellTyping();
  }

  private grow(): void {
    this.field.rows = Math.min(9, Math.max(2, this.field.value.split("\n").length));
  }

  private tellTyping(): void {
    if (this.isNote || this.field.value.startsWith("/")) return;
    clearTimeout(this.stops);
    if (!this.field.value) return this.stopTyping();
    this.stops = setTimeout(() => this.stopTyping(), TYPING_STOPS);
    if (Date.now() - this.typedAt < TYPING_EVERY) return;
    this.typedAt = Date.now();
    void post(`/desk/conversations/${this.id}/typing`, { on: "1" });
  }

  private stopTyping(): void {
    clearTimeout(this.stops);
    if (!this.typedAt) return;
    this.typedAt = 0;
    void post(`/desk/conversations/${this.id}/typing`, { on: "0" });
  }

  private async submit(): Promise<void> {
    const text = this.field.value.trim();
    if (this.isNote) return this.note(text);
    if (this.tray.isBusy || (!text && !this.tray.ids.length)) return;
    const limit = Number(this.form.dataset["limit"]);
    if (text.length > limit) {
      this.problem.textContent = `${text.length} / ${limit}`;
      return;
    }
    this.outbox.add({ id: crypto.randomUUID(), text, attachments: this.tray.ids });
    this.typedAt = 0; // the words themselves end the typing
    clearTimeout(this.stops);
    this.tray.clear();
    this.clear();
  }

  private async note(text: string): Promise<void> {
    if (!text) return;
    this.field.readOnly = true;
    const response = await post(`/desk/conversations/${this.id}/notes`, { text, message_id: crypto.randomUUID() });
    this.field.readOnly = false;
    if (response?.ok) {
      this.clear();
      this.setMode(this.form.dataset["replies"] === "yes" ? "reply" : "note");
      this.sent();
    } else {
      this.problem.textContent = await reason(response);
    }
  }

  private clear(): void {
    this.field.value = "";
    keep(`draft:${this.id}`, "");
    this.problem.textContent = "";
    this.grow();
  }

  private async deliver(words: Outgoing): Promise<Attempt> {
    const body = new FormData();
    body.set("text", words.text);
    body.set("message_id", words.id);
    for (const file of words.attachments) body.append("attachment", file);
    const response = await post(`/desk/conversations/${this.id}/say`, body);
    if (!response || response.status >= 500) return { kind: "lost" };
    if (!response.ok) return { kind: "refused", words: await reason(response) };
    this.sent();
    return { kind: "through" };
  }

  /** What is on its way stands at the end of the transcript, pale; what was refused says why. */
  private drawWaiting(): void {
    for (const item of this.list.parentElement?.querySelectorAll("[data-waiting]") ?? []) item.remove();
    const items = this.outbox.words.map((words) => this.waitingItem(words));
    this.list.after(...items);
    items.at(-1)?.scrollIntoView({ block: "nearest" });
  }

  private waitingItem(words: Outgoing): HTMLElement {
    const item = document.createElement("div");
    item.className = `said agent ${words.refusal ? "failed" : "pending"}`;
    item.dataset["waiting"] = words.id;
    const bubble = document.createElement("div");
    bubble.className = "bubble";
    const text = document.createElement("p");
    text.className = "words";
    text.textContent = words.text || "…";
    bubble.append(text);
    const state = document.createElement("p");
    state.className = "said-head";
    state.textContent = words.refusal ? `${this.form.dataset["failed"]}: ${words.refusal} ` : (this.form.dataset["sending"] ?? "");
    if (words.refusal) {
      const again = document.createElement("button");
      again.type = "button";
      again.className = "button small";
      again.textContent = this.form.dataset["again"] ?? "";
      again.addEventListener("click", () => this.outbox.again(words.id));
      state.append(again);
    }
    item.append(bubble, state);
    return item;
  }
}

async function reason(response: Response | null): Promise<string> {
  const told = response?.headers.get("X-Careline-Message");
  return told ? decodeURIComponent(told) : failure(response?.status ?? 0);
}
