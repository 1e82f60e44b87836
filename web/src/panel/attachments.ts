import type { Translate } from "../locale";
import type { Attachment, Message, RasaAttachment } from "../protocol/types";
import { h } from "../shell/dom";
import { icon } from "../shell/icons";
import { safeAddress } from "./cards";
import type { FileStore } from "./files";
import { fileSize, outerLink } from "./text";

/** What drawing the files of a message needs to know. */
export interface FileContext {
  t: Translate;
  language: string;
  server: string;
  files: FileStore;
  /** Called when a picture got its size, so that the view may follow. */
  grown(): void;
}

function isStored(value: Attachment | RasaAttachment): value is Attachment {
  return typeof (value as Attachment).id === "string";
}

async function open(attachment: Attachment, context: FileContext, button: HTMLElement): Promise<void> {
  try {
    const address = await context.files.url(attachment);
    h("a", { href: address, target: "_blank", rel: "noopener", download: attachment.name }).click();
  } catch {
    button.title = context.t("file.gone");
    button.append(h("small", { role: "alert" }, ` ${context.t("file.gone")}`));
  }
}

function photo(attachment: Attachment, context: FileContext): HTMLElement {
  const image = h("img", { alt: context.t("file.photo", { name: attachment.name }) });
  const button = h("button", { class: "cl-photo", type: "button" }, image);
  image.addEventListener("load", () => context.grown());
  button.addEventListener("click", () => void open(attachment, context, button));
  context.files.url(attachment).then(
    (address) => (image.src = address),
    () => button.replaceWith(chip(attachment, context)),
  );
  return button;
}

function chip(attachment: Attachment, context: FileContext): HTMLElement {
  const size = attachment.size ? h("small", {}, fileSize(attachment.size, context.language)) : null;
  const button = h(
    "button",
    { class: "cl-chip", type: "button", title: context.t("file.open", { name: attachment.name }) },
    icon("file"),
    h("span", {}, attachment.name, size ? " " : null, size),
  );
  button.addEventListener("click", () => void open(attachment, context, button));
  return button;
}

function stored(attachment: Attachment, context: FileContext): HTMLElement {
  return attachment.media_type?.startsWith("image/") ? photo(attachment, context) : chip(attachment, context);
}

/** What the assistant attached: one of our files, or an address in one of Rasa's two forms. */
function handedOver(value: NonNullable<Message["attachment"]>, context: FileContext): HTMLElement | undefined {
  if (typeof value !== "string" && isStored(value)) return stored(value, context);
  const address = safeAddress(typeof value === "string" ? value : value.payload?.src, context.server);
  if (!address) return undefined;
  const title = typeof value === "string" ? "" : (value.payload?.title ?? "");
  if (typeof value !== "string" && value.type === "image") {
    const image = h("img", { class: "cl-photo", src: address, alt: title });
    image.addEventListener("load", () => context.grown());
    return image;
  }
  return outerLink(context.t, address, title || address);
}

/** The files of a message as a list, or nothing when it has none. */
export function messageFiles(message: Message, context: FileContext): HTMLElement | undefined {
  const drawn = message.attachments.map((attachment) => stored(attachment, context));
  const extra = message.attachment ? handedOver(message.attachment, context) : undefined;
  if (extra) drawn.push(extra);
  if (!drawn.length) return undefined;
  return h("ul", { class: "cl-files" }, ...drawn.map((element) => h("li", {}, element)));
}
