/** A call on the page of its conversation: captions for whoever watches, sound for the one who has it. */
import { Sound, type Heard } from "../sound/sound";

const WORKLET = "/desk/assets/sound.js";
const CAPTIONS = 4; // shown at once
const AGAIN_MS = 1500;
const FINAL: Record<number, string> = { 4403: "forbidden", 4410: "over", 4421: "elsewhere" };
const CHANGED = 4000; // somebody else has the conversation now: come back as what one is now

interface News {
  kind: "seat" | "caption" | "replaced" | "transferred" | "over";
  queue?: string;
  talks?: boolean;
  who?: string;
  text?: string;
  final?: boolean;
}

/** Sets the panel up, where there is one. */
export function startCall(): void {
  const panel = document.querySelector<HTMLElement>("[data-call][data-live=yes]");
  if (panel) new Call(panel).connect();
}

class Call {
  private readonly captions = this.part("[data-captions]");
  private readonly controls = this.part("[data-controls]");
  private readonly talkButton = this.part<HTMLButtonElement>("[data-talk]");
  private readonly muteButton = this.part<HTMLButtonElement>("[data-mute-button]");
  private readonly level = this.part<HTMLMeterElement>("[data-level]");
  private socket: WebSocket | undefined;
  private sound: Sound | undefined;
  private talks = false;
  private muted = false;
  private opening = false;

  constructor(private readonly panel: HTMLElement) {
    this.talkButton.addEventListener("click", () => void this.talk());
    this.muteButton.addEventListener("click", () => this.mute(!this.muted));
    panel.addEventListener("click", (event) => {
      const wanted = (event.target as Element).closest<HTMLElement>("[data-presses]")?.dataset["presses"];
      if (wanted) document.querySelector<HTMLElement>(wanted)?.click();
    });
    addEventListener("pagehide", () => this.sound?.close());
  }

  connect(): void {
    this.say("connecting");
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/desk/calls/${this.panel.dataset["call"]}/sound`);
    socket.binaryType = "arraybuffer";
    let last = "";
    socket.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
      if (typeof data !== "string") {
        this.sound?.play(data);
        return;
      }
      const news = JSON.parse(data) as News;
      if (news.kind === "replaced") last = "replaced";
      if (news.kind === "transferred") last = "transferred";
      this.take(news);
    };
    socket.onclose = ({ code }) => this.closed(code, last);
    this.socket = socket;
  }

  /** `last` is what the call said of its end, if anything: it tells more than the code. */
  private closed(code: number, last: string): void {
    this.socket = undefined;
    const final = last || FINAL[code];
    if (final || code === CHANGED) this.hush();
    if (final) {
      this.allow(false);
      this.say(final);
      return;
    }
    if (code !== CHANGED) this.say("lost"); // the sound stays open: the caller is back in a moment
    setTimeout(() => this.connect(), code === CHANGED ? 0 : AGAIN_MS);
  }

  private take(news: News): void {
    if (news.kind === "caption") this.caption(news);
    if (news.kind !== "seat") return;
    this.allow(!!news.talks);
    if (!news.talks) this.hush();
    this.say(!news.talks ? "listening" : this.sound ? (this.muted ? "muted" : "talking") : "ready");
  }

  /** One line for each thing that is said; it grows until it is final. */
  private caption(news: News): void {
    const last = this.captions.lastElementChild as HTMLElement | null;
    const goesOn = last?.dataset["who"] === news.who && last?.dataset["final"] === "no";
    const line = goesOn ? last : document.createElement("li");
    if (!line) return;
    line.dataset["who"] = news.who;
    line.dataset["final"] = news.final ? "yes" : "no";
    const who = document.createElement("b");
    who.textContent = this.panel.dataset[`who${(news.who ?? "").replace(/^./, (first) => first.toUpperCase())}`] ?? "";
    line.replaceChildren(who, ` ${news.text ?? ""}`);
    if (!goesOn) this.captions.append(line);
    while (this.captions.children.length > CAPTIONS) this.captions.firstElementChild?.remove();
  }

  /** The first press opens microphone and loudspeaker, the next ones mute and unmute. */
  private async talk(): Promise<void> {
    if (this.sound) {
      this.mute(!this.muted);
      return;
    }
    if (!this.talks || this.opening) return;
    this.opening = true;
    try {
      this.sound = await Sound.open(WORKLET, (heard) => this.heard(heard));
    } catch {
      this.say("no-microphone");
      return;
    } finally {
      this.opening = false;
    }
    if (!this.talks) {
      this.hush(); // given back while the browser asked whether it may
      return;
    }
    this.mute(false);
    this.talkButton.hidden = true;
    this.muteButton.hidden = false;
    this.part("[data-level-box]").hidden = false;
    this.talkButton.removeAttribute("data-key");
    this.muteButton.dataset["key"] = "m";
    this.muteButton.focus();
  }

  private heard({ frame, level }: Heard): void {
    this.level.value = this.muted ? 0 : Math.min(1, 3 * level);
    if (!this.muted && this.socket?.readyState === WebSocket.OPEN) this.socket.send(frame);
  }

  private mute(on: boolean): void {
    this.muted = on;
    this.muteButton.setAttribute("aria-pressed", String(on));
    this.muteButton.textContent = this.panel.dataset[on ? "unmute" : "mute"] ?? "";
    this.say(on ? "muted" : "talking");
  }

  private allow(talks: boolean): void {
    this.talks = talks;
    this.controls.hidden = !talks;
  }

  /** Lets microphone and loudspeaker go. */
  private hush(): void {
    this.sound?.close();
    this.sound = undefined;
    this.talkButton.hidden = false;
    this.talkButton.dataset["key"] = "m";
    this.muteButton.hidden = true;
    this.muteButton.removeAttribute("data-key");
    this.part("[data-level-box]").hidden = true;
  }

  private say(state: string): void {
    const words = this.panel.dataset[`say${state.replace(/(?:^|-)(.)/g, (_, first: string) => first.toUpperCase())}`];
    this.panel.dataset["state"] = state;
    this.part("[data-call-state]").textContent = words ?? "";
  }

  private part<Kind extends HTMLElement = HTMLElement>(selector: string): Kind {
    const found = this.panel.querySelector<Kind>(selector);
    if (!found) throw new Error(`the call panel has no ${selector}`);
    return found;
  }
}
