/** The queue page: selection by keyboard, what is announced, and where the focus goes when a row is gone. */
import htmx from "htmx.org";
import { say } from "./shell";

export class Queue {
  private selected = "";
  private focused = "";

  constructor(private readonly page: HTMLElement) {
    this.showNumber(false);
    page.addEventListener("htmx:beforeSwap", () => (this.focused = document.activeElement?.id ?? ""));
    page.addEventListener("htmx:afterSettle", (event) => {
      if (event.target === page) this.onChange();
    });
    document.body.addEventListener("htmx:afterRequest", (event) => {
      const { requestConfig } = (event as CustomEvent<{ requestConfig: { path: string; verb: string } }>).detail;
      const isPresence = requestConfig.path === "/desk/presence" && requestConfig.verb === "post";
      if (isPresence) htmx.trigger(page, "queue:refresh", {});
    });
  }

  step(by: 1 | -1): void {
    const rows = this.rows();
    if (!rows.length) return;
    const at = rows.findIndex((row) => row.id === this.selected);
    const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by))];
    if (!next) return;
    this.selected = next.id;
    this.showSelected();
    next.scrollIntoView({ block: "nearest" });
    (next.querySelector<HTMLElement>("button, a") ?? next).focus();
  }

  take(): void {
    const rows = this.rows();
    const row = rows.find((each) => each.id === this.selected) ?? rows.find((each) => each.querySelector("[data-take]"));
    row?.querySelector<HTMLButtonElement>("[data-take]")?.click();
  }

  private onChange(): void {
    this.showSelected();
    this.showNumber(true);
    const lost = this.focused && !document.getElementById(this.focused) && document.activeElement === document.body;
    if (lost) this.page.querySelector<HTMLElement>("[data-take], h1")?.focus();
  }

  private showNumber(aloud: boolean): void {
    const place = this.page.querySelector<HTMLElement>("[data-queue-number]");
    if (!place) return;
    const bare = document.title.replace(/^\(\d+\) /, "");
    const number = Number(place.dataset["queueNumber"]);
    const title = number ? `(${number}) ${bare}` : bare;
    if (aloud && title !== document.title) say(place.dataset["words"] ?? "");
    document.title = title;
  }

  private showSelected(): void {
    for (const row of this.rows()) row.classList.toggle("selected", row.id === this.selected);
  }

  private rows(): HTMLElement[] {
    return [...this.page.querySelectorAll<HTMLElement>("[data-rows] > [data-row]")];
  }
}

export function startQueue(): Queue | undefined {
  const page = document.querySelector<HTMLElement>("[data-queue]");
  return page ? new Queue(page) : undefined;
}
