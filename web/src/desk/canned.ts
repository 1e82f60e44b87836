/** Ready-made replies: "/" at the beginning opens the list, further letters narrow it, Enter puts one in. */
import { post } from "./shell";

interface Reply {
  id: number;
  shortcut: string;
  title: string;
  text: string;
}

const MOST = 8;

export class Canned {
  private coming: Promise<Reply[]> | undefined;
  private shown: Reply[] = [];
  private at = 0;

  constructor(
    private readonly conversation: string,
    private readonly field: HTMLTextAreaElement,
    private readonly list: HTMLElement,
    private readonly put: (text: string) => void,
  ) {
    field.addEventListener("blur", () => setTimeout(() => this.close(), 150));
    list.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
    list.addEventListener("click", (event) => {
      const option = (event.target as Element).closest<HTMLElement>("[role=option]");
      if (option) void this.choose(this.shown[Number(option.dataset["at"])]);
    });
  }

  get isOpen(): boolean {
    return !this.list.hidden;
  }

  /** What stands behind the "/"; undefined when something else is written. */
  private get wanted(): string | undefined {
    return /^\/(\S*)$/.exec(this.field.value)?.[1]?.toLowerCase();
  }

  /** Looks at what is written after each change. */
  async consider(): Promise<void> {
    if (this.wanted === undefined) return this.close();
    this.coming ??= this.fetch();
    const replies = await this.coming;
    const wanted = this.wanted; // as it is now: letters may have been added while the list was on its way
    if (wanted === undefined) return this.close();
    const fits = (reply: Reply): boolean =>
      reply.shortcut.toLowerCase().startsWith(wanted) || reply.title.toLowerCase().includes(wanted);
    this.shown = replies.filter(fits).slice(0, MOST);
    this.at = 0;
    this.draw();
  }

  /** Keys while the list is open; true when the key was for the list. */
  onKey(event: KeyboardEvent): boolean {
    if (!this.isOpen) return false;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.at = (this.at + step + this.shown.length) % this.shown.length;
      this.draw();
    } else if (event.key === "Enter" || event.key === "Tab") {
      void this.choose(this.shown[this.at]);
    } else if (event.key === "Escape") {
      this.close();
    } else {
      return false;
    }
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  private async fetch(): Promise<Reply[]> {
    try {
      const response = await fetch(`/desk/conversations/${this.conversation}/canned`);
      return response.ok ? ((await response.json()) as Reply[]) : [];
    } catch {
      return [];
    }
  }

  private async choose(reply: Reply | undefined): Promise<void> {
    this.close();
    if (!reply) return;
    const response = await post(`/desk/conversations/${this.conversation}/canned/${reply.id}`, {});
    this.put(response?.ok ? ((await response.json()) as { text: string }).text : reply.text);
  }

  private draw(): void {
    this.list.replaceChildren(...this.shown.map((reply, index) => this.option(reply, index)));
    this.list.hidden = !this.shown.length;
    if (this.isOpen) this.field.setAttribute("aria-activedescendant", `canned-${this.at}`);
    else this.field.removeAttribute("aria-activedescendant");
    this.list.children[this.at]?.scrollIntoView({ block: "nearest" });
  }

  private option(reply: Reply, index: number): HTMLElement {
    const option = document.createElement("li");
    option.id = `canned-${index}`;
    option.dataset["at"] = String(index);
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", String(index === this.at));
    const [name, title, text] = ["kbd", "b", "span"].map((tag) => document.createElement(tag));
    name!.textContent = `/${reply.shortcut}`;
    title!.textContent = reply.title;
    text!.textContent = reply.text;
    option.append(name!, title!, text!);
    return option;
  }

  private close(): void {
    this.list.hidden = true;
    this.field.removeAttribute("aria-activedescendant");
  }
}
