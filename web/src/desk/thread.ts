/** The transcript: what is new comes with its event, or is fetched from the last number on, so that nothing is missed,
 * doubled or disordered. */
import htmx from "htmx.org";
import { say } from "./shell";
import { localTimes } from "./ticking";

const NEAR_END = 80; // px; who reads further up is left there
const TYPING_FOR = 9000; // ms; a writer who says nothing more has stopped

export class Thread {
  private fetching = false;
  private wanted = false;
  private typingEnds: ReturnType<typeof setTimeout> | undefined;
  private stays = true;
  private lastTop = 0;
  private readonly newest: HTMLButtonElement;

  constructor(
    private readonly id: string,
    private readonly list: HTMLElement,
    private readonly scroller: HTMLElement,
    private readonly typing: HTMLElement,
    private readonly arrived: (ids: string[], customerSpoke: boolean) => void,
  ) {
    this.newest = document.querySelector<HTMLButtonElement>("[data-newest]") as HTMLButtonElement;
    this.newest.addEventListener("click", () => this.toEnd());
    scroller.addEventListener("scroll", () => {
      // Only who scrolls up leaves the end: that the room became smaller is no wish to read further up.
      if (this.isAtEnd()) this.stays = true;
      else if (scroller.scrollTop < this.lastTop - 1) this.stays = false;
      this.lastTop = scroller.scrollTop;
      if (this.stays) this.newest.hidden = true;
    });
    // What comes above, and pictures that load late, must not push the newest words out of sight.
    const observer = new ResizeObserver(() => this.stays && this.toEnd());
    observer.observe(scroller);
    observer.observe(list);
    this.toEnd();
  }

  /** Shows what came with an event; fetches what is new if nothing did, or if it is not what comes next. */
  take(markup: string | undefined): void {
    const first = markup === undefined ? Infinity : Number(/ data-seq="(\d+)"/.exec(markup)?.[1] ?? 0);
    if (markup === undefined || this.fetching || first > Number(this.list.dataset["last"]) + 1) void this.catchUp();
    else this.append(markup);
  }

  /** Fetches what is new; calls that come meanwhile make one more fetch. */
  async catchUp(): Promise<void> {
    this.wanted = true;
    if (this.fetching) return;
    this.fetching = true;
    while (this.wanted) {
      this.wanted = false;
      await this.fetchNew();
    }
    this.fetching = false;
  }

  showTyping(who: string, on: boolean): void {
    clearTimeout(this.typingEnds);
    const words = (who === "customer" ? this.typing.dataset["customer"] : this.typing.dataset["agent"]) ?? "";
    this.typing.textContent = on ? words : "";
    if (on) this.typingEnds = setTimeout(() => (this.typing.textContent = ""), TYPING_FOR);
    if (this.stays) this.toEnd();
  }

  isAtEnd(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR_END;
  }

  toEnd(): void {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.newest.hidden = true;
    this.stays = true;
  }

  private async fetchNew(): Promise<void> {
    const { last = "0", noted = "0" } = this.list.dataset;
    let markup: string;
    try {
      const response = await fetch(`/desk/conversations/${this.id}/entries?after=${last}&noted=${noted}`, {
        headers: { "HX-Request": "true" },
      });
      if (!response.ok) return;
      markup = await response.text();
    } catch {
      return; // `hello` of the next connection catches up
    }
    this.append(markup);
  }

  private append(markup: string): void {
    const template = document.createElement("template");
    template.innerHTML = markup; // the gateway's own markup, escaped there
    const wasAtEnd = this.stays;
    const ids: string[] = [];
    let customerSpoke = false;
    for (const item of [...template.content.querySelectorAll<HTMLElement>("li.said")]) {
      const { seq, note, id } = item.dataset;
      if (this.has(seq, note)) continue;
      item.classList.add("arrived");
      this.list.append(item);
      htmx.process(item);
      localTimes(item);
      if (seq) this.list.dataset["last"] = seq;
      if (note) this.list.dataset["noted"] = String(Number(this.list.dataset["noted"]) + 1);
      if (id) ids.push(id);
      if (item.classList.contains("customer")) {
        customerSpoke = true;
        this.showTyping("customer", false);
      }
      if (!item.classList.contains("agent")) say(item.innerText);
    }
    if (!ids.length && wasAtEnd) this.toEnd();
    if (ids.length) this.settle(ids, wasAtEnd, customerSpoke);
  }

  private settle(ids: string[], wasAtEnd: boolean, customerSpoke: boolean): void {
    this.arrived(ids, customerSpoke);
    if (wasAtEnd) this.toEnd();
    else this.newest.hidden = false;
  }

  private has(seq: string | undefined, note: string | undefined): boolean {
    if (seq) return Number(seq) <= Number(this.list.dataset["last"]);
    return !!note && this.list.querySelector(`[data-note="${CSS.escape(note)}"]`) !== null;
  }
}
