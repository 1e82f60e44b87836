import type { Attachment } from "./types";

export const MAX_BYTES = 10 * 1024 * 1024;
export const MAX_FILES = 8;
/** Types the server takes; the extension decides when the browser names no type. */
const TYPES: Record<string, string> = {
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
  pdf: "application/pdf",
};
export const ACCEPT = [...new Set(Object.values(TYPES)), ...Object.keys(TYPES).map((end) => `.${end}`)].join(",");

export type FileProblem = "file_type" | "file_size" | "file_empty";

/** What is wrong with a file before it is sent, or nothing. */
export function check(file: { name: string; type: string; size: number }): FileProblem | undefined {
  const ending = file.name.toLowerCase().split(".").pop() ?? "";
  const type = file.type || TYPES[ending] || "";
  if (!Object.values(TYPES).includes(type)) return "file_type";
  if (file.size === 0) return "file_empty";
  return file.size > MAX_BYTES ? "file_size" : undefined;
}

/** Thrown by `upload`; `code` is the server's, or `network`, or `aborted`. */
export class UploadError extends Error {
  constructor(
    readonly code: string,
    message?: string,
  ) {
    super(message ?? code);
    this.name = "UploadError";
  }
}

export interface Upload {
  done: Promise<Attachment>;
  abort(): void;
}

export interface UploadTarget {
  server: string;
  session: string;
  browser: string | null;
}

function outcome(request: XMLHttpRequest, file: File): Attachment | UploadError {
  let body: { error?: { code?: string; message?: string } } & Partial<Attachment> = {};
  try {
    body = JSON.parse(request.responseText || "{}");
  } catch {
    // An answer that is not JSON (a proxy's error page) says no more than its status does.
  }
  if (request.status >= 200 && request.status < 300 && body.id) {
    const { id, name = file.name, media_type = file.type, size = file.size } = body;
    return { id, name, media_type, size };
  }
  const byStatus = request.status === 413 ? "file_size" : request.status === 415 ? "file_type" : "upload_failed";
  return new UploadError(body.error?.code ?? byStatus, body.error?.message);
}

/** Sends a file; `progress` hears a share from 0 to 1. XMLHttpRequest, because fetch reports no progress. */
export function upload(file: File, target: UploadTarget, progress: (share: number) => void): Upload {
  const request = new XMLHttpRequest();
  const done = new Promise<Attachment>((resolve, reject) => {
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onerror = () => reject(new UploadError("network"));
    request.ontimeout = () => reject(new UploadError("network"));
    request.onabort = () => reject(new UploadError("aborted"));
    request.onload = () => {
      const result = outcome(request, file);
      if (result instanceof UploadError) reject(result);
      else resolve(result);
    };
  });
  request.open("POST", `${target.server}/chat/attachments`);
  request.timeout = 120_000;
  if (target.browser) request.setRequestHeader("X-Careline-Browser", target.browser);
  const form = new FormData();
  form.append("session_id", target.session);
  form.append("file", file);
  request.send(form);
  return { done, abort: () => request.abort() };
}

/** Fetches an attachment of the conversation; the proof of the browser goes along in a header. */
export async function download(id: string, target: UploadTarget): Promise<Blob> {
  const address = `${target.server}/chat/attachments/${encodeURIComponent(id)}`;
  const query = `?session_id=${encodeURIComponent(target.session)}`;
  const headers: HeadersInit = target.browser ? { "X-Careline-Browser": target.browser } : {};
  const answer = await fetch(address + query, { headers });
  if (!answer.ok) throw new UploadError("file_gone");
  return answer.blob();
}
