/** Files on their way into a message. */
import { failure, post } from "./shell";

interface Held {
  name: string;
  id?: string;
  problem?: string;
}

export class Tray {
  private held: Held[] = [];
  private readonly list: HTMLElement;

  constructor(
    private readonly form: HTMLFormElement,
    private readonly conversation: string,
  ) {
    this.list = form.querySelector("[data-tray]") as HTMLElement;
    const picker = form.querySelector<HTMLInputElement>("[data-files]");
    picker?.addEventListener("change", () => {
      this.add([...(picker.files ?? [])]);
      picker.value = "";
    });
  }

  /** Ids of what is stored and goes out with the next words. */
  get ids(): string[] {
    return this.held.flatMap((file) => (file.id ? [file.id] : []));
  }

  get isBusy(): boolean {
    return this.held.some((file) => !file.id && !file.problem);
  }

  add(files: File[]): void {
    for (const file of files) void this.upload(file);
  }

  clear(): void {
    this.held = [];
    this.draw();
  }

  private async upload(file: File): Promise<void> {
    const held: Held = { name: file.name };
    this.held.push(held);
    this.draw();
    const body = new FormData();
    body.set("file", file);
    const response = await post(`/desk/conversations/${this.conversation}/attachments`, body);
    if (response?.ok) held.id = ((await response.json()) as { id: string }).id;
    else held.problem = decodeURIComponent(response?.headers.get("X-Careline-Message") ?? "") || failure(0);
    this.draw();
  }

  private draw(): void {
    this.list.replaceChildren(...this.held.map((file) => this.item(file)));
  }

  private item(file: Held): HTMLElement {
    const item = document.createElement("li");
    item.className = file.problem ? "failed" : file.id ? "" : "busy";
    const name = document.createElement("span");
    name.textContent = file.problem ? `${file.name}: ${file.problem}` : file.name;
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "button quiet small";
    remove.textContent = "×";
    remove.setAttribute("aria-label", (this.form.dataset["remove"] ?? "").replace("{name}", file.name));
    remove.addEventListener("click", () => {
      this.held = this.held.filter((each) => each !== file);
      this.draw();
    });
    item.append(name, remove);
    return item;
  }
}
