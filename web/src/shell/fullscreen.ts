/** On a phone the open chat is the whole screen: the page behind it must neither scroll nor take the focus. */

const SMALL = "(max-width: 560px), (max-height: 480px)";

/** Keeps the page behind a full-screen panel still, and the panel above the on-screen keyboard. */
export class FullScreen {
  private readonly small = window.matchMedia(SMALL);
  private readonly silenced: HTMLElement[] = [];
  private overflow = "";
  private open = false;
  private active = false;

  constructor(
    private readonly host: HTMLElement,
    private readonly panel: HTMLElement,
  ) {
    this.small.addEventListener("change", () => this.update());
    for (const event of ["resize", "scroll"]) window.visualViewport?.addEventListener(event, () => this.fit());
  }

  set(open: boolean): void {
    this.open = open;
    this.update();
  }

  private update(): void {
    const wanted = this.open && this.small.matches;
    if (wanted === this.active) return;
    this.active = wanted;
    if (wanted) this.take();
    else this.release();
    this.fit();
  }

  private take(): void {
    this.panel.setAttribute("aria-modal", "true");
    this.overflow = document.documentElement.style.overflow;
    document.documentElement.style.overflow = "hidden";
    for (const child of document.body.children) {
      if (!(child instanceof HTMLElement) || child.contains(this.host) || child.inert) continue;
      child.inert = true;
      this.silenced.push(child);
    }
  }

  private release(): void {
    this.panel.removeAttribute("aria-modal");
    document.documentElement.style.overflow = this.overflow;
    this.silenced.splice(0).forEach((child) => (child.inert = false));
  }

  /** The visual viewport shrinks when the keyboard opens; the layout viewport does not. */
  private fit(): void {
    const seen = window.visualViewport;
    for (const [name, value] of [
      ["--cl-viewport", seen?.height],
      ["--cl-shift", seen?.offsetTop],
    ] as const) {
      if (this.active && value !== undefined) this.host.style.setProperty(name, `${value}px`);
      else this.host.style.removeProperty(name);
    }
  }
}
