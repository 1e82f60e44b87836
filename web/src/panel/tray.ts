import type { Translate } from "../locale";
import { newId } from "../protocol/ids";
import type { Attachment } from "../protocol/types";
import { check, MAX_BYTES, MAX_FILES, upload, UploadError, type Upload, type UploadTarget } from "../protocol/upload";
import { h } from "../shell/dom";
import { icon } from "../shell/icons";
import type { FileStore } from "./files";
import { fileSize } from "./text";

interface Item {
  key: string;
  file: File;
  row: HTMLLIElement;
  detail: HTMLElement;
  state: "sending" | "ready" | "failed";
  attachment?: Attachment;
  running?: Upload;
}

/** What the tray needs from the panel around it. */
export interface TrayContext {
  t: Translate;
  language: string;
  files: FileStore;
  target: () => Promise<UploadTarget>;
  announce(text: string): void;
  changed(): void;
}

/** Files chosen for the next message: checked, sent at once with progress, removable until the message goes. */
export class Tray {
  readonly element: HTMLElement;
  private readonly list: HTMLUListElement;
  private readonly problem = h("p", { class: "cl-problem", role: "alert" });
  private items: Item[] = [];

  constructor(private readonly context: TrayContext) {
    this.list = h("ul", {});
    this.label();
    this.element = h("div", { class: "cl-tray", hidden: true }, this.list, this.problem);
  }

  get busy(): boolean {
    return this.items.some((item) => item.state === "sending");
  }

  get failed(): boolean {
    return this.items.some((item) => item.state === "failed");
  }

  get ready(): boolean {
    return this.items.some((item) => item.state === "ready");
  }

  /** Names the list anew, for another language; what the files themselves say stays as it was said. */
  label(): void {
    this.list.setAttribute("aria-label", this.context.t("file.tray"));
  }

  /** Takes files in; what cannot be sent is named with the reason. */
  add(files: Iterable<File>): void {
    this.say("");
    for (const file of files) {
      const complaint = this.complaint(file);
      if (complaint) this.say(complaint);
      else this.start(file);
    }
    this.update();
  }

  /** Hands over what is ready and empties the tray. Failed files stay, so that they can be tried again. */
  take(): Attachment[] {
    const ready = this.items.filter((item) => item.attachment);
    ready.forEach((item) => this.drop(item));
    this.say("");
    this.update();
    return ready.map((item) => item.attachment as Attachment);
  }

  say(text: string): void {
    this.problem.textContent = text;
    this.update();
  }

  clear(): void {
    this.items.forEach((item) => item.running?.abort());
    this.items = [];
  }

  private complaint(file: File): string | undefined {
    if (this.items.length >= MAX_FILES) return this.context.t("file.count", { limit: MAX_FILES });
    const problem = check(file);
    return problem && this.reason(problem, file);
  }

  private start(file: File): void {
    const detail = h("div", { class: "cl-file" });
    const row = h("li", {}, this.picture(file), detail);
    const item: Item = { key: newId(), file, row, detail, state: "sending" };
    const remove = h(
      "button",
      { type: "button", "aria-label": this.context.t("file.remove", { name: file.name }) },
      icon("close"),
    );
    remove.addEventListener("click", () => this.discard(item));
    row.append(remove);
    this.items.push(item);
    this.list.append(row);
    void this.transfer(item);
  }

  private picture(file: File): Node {
    if (!file.type.startsWith("image/")) return icon("file");
    const address = URL.createObjectURL(file);
    const image = h("img", { src: address, alt: "" });
    image.addEventListener("load", () => URL.revokeObjectURL(address));
    return image;
  }

  private async transfer(item: Item): Promise<void> {
    item.state = "sending";
    this.draw(item, this.context.t("file.waiting", { name: item.file.name }));
    this.update();
    try {
      const target = await this.context.target();
      if (!this.items.includes(item)) return;
      item.running = upload(item.file, target, (share) => this.progress(item, share));
      this.progress(item, 0);
      item.attachment = await item.running.done;
      item.state = "ready";
      this.context.files.keep(item.attachment.id, item.file);
      this.draw(item, fileSize(item.file.size, this.context.language));
      this.context.announce(this.context.t("file.ready", { name: item.file.name }));
    } catch (error) {
      if (error instanceof UploadError && error.code === "aborted") return;
      this.fail(item, error);
    }
    this.update();
  }

  private progress(item: Item, share: number): void {
    const percent = Math.round(share * 100);
    const label = this.context.t("file.uploading", { name: item.file.name, percent });
    const bar = item.detail.querySelector("progress");
    if (bar) {
      bar.value = percent;
      bar.setAttribute("aria-label", label);
      return;
    }
    this.draw(item, "", h("progress", { max: "100", value: String(percent), "aria-label": label }));
  }

  private fail(item: Item, error: unknown): void {
    const { t } = this.context;
    const { name } = item.file;
    item.state = "failed";
    item.running = undefined;
    this.problem.textContent = this.reason(error instanceof UploadError ? error.code : "", item.file);
    const again = h("button", { type: "button", "aria-label": t("file.retry", { name }) }, icon("retry"));
    again.addEventListener("click", () => {
      again.remove();
      this.say("");
      void this.transfer(item);
    });
    item.row.classList.add("failed");
    item.row.insertBefore(again, item.row.lastChild);
    this.draw(item, t("message.not_sent"));
  }

  /** What is wrong with a file, in words; codes are the server's and those of `check`. */
  private reason(code: string, { name, size }: File): string {
    const { t, language } = this.context;
    switch (code) {
      case "file_type":
      case "bad_type":
        return t("file.type", { name });
      case "file_size":
      case "too_large":
        return t("file.size", { name, size: fileSize(size, language), limit: fileSize(MAX_BYTES, language) });
      case "file_empty":
        return t("file.empty", { name });
      case "too_fast":
        return t("file.later", { name });
      default:
        return t("file.failed", { name });
    }
  }

  private draw(item: Item, note: string, bar?: HTMLElement): void {
    if (item.state !== "failed") item.row.classList.remove("failed");
    item.detail.replaceChildren(h("span", {}, item.file.name), bar ?? h("small", {}, note));
  }

  private discard(item: Item): void {
    item.running?.abort();
    this.drop(item);
    this.say("");
    this.update();
  }

  private drop(item: Item): void {
    this.items = this.items.filter((other) => other !== item);
    item.row.remove();
  }

  private update(): void {
    this.element.hidden = this.items.length === 0 && !this.problem.textContent;
    this.context.changed();
  }
}
