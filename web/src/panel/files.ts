import { download, type UploadTarget } from "../protocol/upload";
import type { Attachment } from "../protocol/types";

/** Local addresses of attachments: fetched once each, and freed together. */
export class FileStore {
  private readonly urls = new Map<string, Promise<string>>();

  constructor(private readonly target: () => Promise<UploadTarget>) {}

  /** Remembers the file that was just sent, so that it is not fetched back. */
  keep(id: string, file: Blob): void {
    this.urls.set(id, Promise.resolve(URL.createObjectURL(file)));
  }

  /** A local address of the attachment's content. Rejects with UploadError when the server refuses it. */
  url(attachment: Attachment): Promise<string> {
    let url = this.urls.get(attachment.id);
    if (!url) {
      url = this.target()
        .then((target) => download(attachment.id, target))
        .then((content) => URL.createObjectURL(content));
      url.catch(() => this.urls.delete(attachment.id));
      this.urls.set(attachment.id, url);
    }
    return url;
  }

  free(): void {
    for (const url of this.urls.values()) url.then(URL.revokeObjectURL, () => undefined);
    this.urls.clear();
  }
}
