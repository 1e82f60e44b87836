/** A call's way to the gateway: a ticket, then a WebSocket. See gateway/voice/browser.py for the messages. */

export type Who = "caller" | "bot" | "agent" | "system";

export interface Caption {
  who: Who;
  text: string;
  final: boolean;
}

/** What the gateway tells; `over` comes last, once, with the code of a problem if there was one. */
export interface Listener {
  ready(): void;
  sound(pcm: ArrayBuffer): void;
  clear(): void;
  mark(mark: number): void;
  caption(caption: Caption): void;
  over(problem?: string): void;
}

const RESTART = new Set([1001, 1012]); // what a server that stops closes its sockets with
const BEHIND = 96_000; // bytes not sent yet, three seconds of sound: what the network does not take in time is dropped

type Message = { type?: string; code?: string; mark?: number } & Partial<Caption>;

export class Connection {
  private socket: WebSocket | undefined;
  private isOver = false;
  private isReady = false;

  constructor(private readonly listener: Listener) {}

  /** Opens the call; everything that happens, also that it cannot be opened, is told to the listener. */
  async open(language: string): Promise<void> {
    const ticket = await this.ticket();
    if (ticket === undefined || this.isOver) return;
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/voice/browser`);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onopen = () => socket.send(JSON.stringify({ type: "hello", ticket, language }));
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => this.take(data);
    socket.onclose = ({ code }) => this.end(RESTART.has(code) ? "restart" : this.isReady ? "lost" : "unreachable");
  }

  sound(frame: ArrayBuffer): void {
    if (this.isReady && this.socket?.readyState === WebSocket.OPEN && this.socket.bufferedAmount < BEHIND) this.socket.send(frame);
  }

  key(key: string): void {
    this.tell({ type: "key", key });
  }

  played(mark: number): void {
    this.tell({ type: "played", mark });
  }

  hangUp(): void {
    this.tell({ type: "hang_up" });
    this.end();
  }

  private tell(message: object): void {
    if (this.isReady && this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  private async ticket(): Promise<string | undefined> {
    try {
      const answer = await fetch("/voice/browser/ticket", { method: "POST" });
      const { ticket, code } = (await answer.json()) as { ticket?: string; code?: string };
      if (!ticket) this.end(code ?? "unreachable");
      return ticket;
    } catch {
      this.end("unreachable");
      return undefined;
    }
  }

  private take(data: string | ArrayBuffer): void {
    if (this.isOver) return;
    if (typeof data !== "string") {
      this.listener.sound(data);
      return;
    }
    const message = JSON.parse(data) as Message;
    switch (message.type) {
      case "ready":
        this.isReady = true;
        this.listener.ready();
        break;
      case "caption":
        this.listener.caption({ who: message.who ?? "system", text: message.text ?? "", final: message.final !== false });
        break;
      case "clear":
        this.listener.clear();
        break;
      case "mark":
        this.listener.mark(message.mark ?? 0);
        break;
      case "refused":
        this.end(message.code ?? "failed");
        break;
      case "over":
        this.end();
    }
  }

  private end(problem?: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.listener.over(problem);
    this.socket?.close();
  }
}
