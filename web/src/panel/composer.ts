import type { Translate } from "../locale";
import type { Attachment } from "../protocol/types";
import { ACCEPT } from "../protocol/upload";
import { h } from "../shell/dom";
import { icon } from "../shell/icons";
import { Tray, type TrayContext } from "./tray";
import type { ChatView } from "./view";

const TOUCH_ONLY = "(hover: none) and (pointer: coarse)";

/**
 * The row where a message is written: deep-chat's text field between our buttons, with the file tray above.
 *
 * deep-chat would draw and send a message itself; here it must get its id and its place in the outbox first,
 * so the Enter key is taken before it reaches deep-chat.
 */
export class Composer {
  private readonly tray: Tray;
  private readonly send: HTMLButtonElement;
  private readonly attach: HTMLButtonElement;
  private readonly picker = h("input", { type: "file", accept: ACCEPT, multiple: true, hidden: true });
  private readonly t: Translate;
  /** The customer has asked to send, but a file is still on its way. */
  private waitsForFiles = false;

  constructor(
    private readonly view: ChatView,
    context: Omit<TrayContext, "changed">,
    private readonly submit: (text: string, attachments: Attachment[]) => void,
    private readonly writing: (on: boolean) => void,
  ) {
    this.t = context.t;
    this.tray = new Tray({ ...context, changed: () => this.refresh() });
    this.send = this.button("send", "cl-send", () => this.attempt());
    this.attach = this.button("attach", "cl-attach", () => this.picker.click());
    this.arrange();
    this.listen();
    this.refresh();
  }

  /** Takes dropped or pasted files. */
  addFiles(files: Iterable<File>): void {
    this.tray.add(files);
  }

  focus(): void {
    this.view.focus();
  }

  close(): void {
    this.tray.clear();
  }

  private get text(): string {
    return this.view.input.innerText.replace(/\u00a0/g, " ").trim();
  }

  /** Writes the words of buttons and tray anew, for another language. */
  label(): void {
    this.name(this.send, "send");
    this.name(this.attach, "attach");
    this.tray.label();
  }

  private button(name: "send" | "attach", extra: string, press: () => void): HTMLButtonElement {
    const button = h("button", { type: "button", class: `cl-button ${extra}` }, icon(name));
    this.name(button, name);
    button.addEventListener("click", press);
    return button;
  }

  private name(button: HTMLButtonElement, name: "send" | "attach"): void {
    const label = this.t(`input.${name}`);
    button.setAttribute("aria-label", label);
    button.title = label;
  }

  private arrange(): void {
    const row = this.view.inputRow;
    row.before(this.tray.element);
    row.prepend(this.attach, this.picker);
    row.append(this.send);
  }

  private listen(): void {
    const { input, root } = this.view;
    root.addEventListener("keydown", (event) => this.onKey(event as KeyboardEvent), { capture: true });
    input.addEventListener("input", () => {
      this.refresh();
      this.writing(this.text !== "");
    });
    input.addEventListener("paste", (event) => {
      const files = event.clipboardData?.files;
      if (files?.length) this.addFiles(files);
      setTimeout(() => this.refresh());
    });
    this.picker.addEventListener("change", () => {
      this.addFiles([...(this.picker.files ?? [])]);
      this.picker.value = "";
    });
  }

  private onKey(event: KeyboardEvent): void {
    const inField = event.composedPath()[0] === this.view.input;
    if (!inField || event.key !== "Enter" || event.isComposing || event.keyCode === 229) return;
    event.stopPropagation();
    if (event.shiftKey || event.ctrlKey || window.matchMedia(TOUCH_ONLY).matches) return; // a new line
    event.preventDefault();
    this.attempt();
  }

  private attempt(): void {
    this.waitsForFiles = this.tray.busy;
    if (this.waitsForFiles) {
      this.tray.say(this.t("file.wait"));
      return;
    }
    const { text } = this;
    if (!text && !this.tray.ready) return;
    const attachments = this.tray.take();
    this.view.input.textContent = "";
    this.view.input.dispatchEvent(new Event("input", { bubbles: true }));
    this.submit(text, attachments);
    this.focus();
  }

  private refresh(): void {
    const sendable = !this.tray.busy && (this.text !== "" || this.tray.ready);
    this.send.setAttribute("aria-disabled", String(!sendable));
    if (!this.waitsForFiles || this.tray.busy) return;
    this.waitsForFiles = false;
    if (!this.tray.failed) this.attempt();
  }
}

/** Lets files be dropped anywhere on `area`; a hint shows while they are held over it. */
export function acceptDrops(area: HTMLElement, hint: HTMLElement, take: (files: File[]) => void): void {
  let depth = 0;
  const show = (): void => {
    hint.parentElement?.classList.toggle("dropping", depth > 0);
  };
  const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
  area.addEventListener("dragenter", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth += 1;
    show();
  });
  area.addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    show();
  });
  area.addEventListener("dragover", (event) => {
    if (carriesFiles(event)) event.preventDefault();
  });
  area.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth = 0;
    show();
    take([...(event.dataTransfer?.files ?? [])]);
  });
}
