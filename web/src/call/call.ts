/** The call page: one call at a time, from the click to the hang-up. */
import { Sound } from "../sound/sound";
import { Connection } from "./connection";
import { View } from "./view";
import { isLanguage, type Language } from "./words";

const WORKLET = "/widget/call/sound.js";
const REASONS: Record<string, string> = {
  NotAllowedError: "permission",
  SecurityError: "permission",
  NotFoundError: "no_microphone",
  OverconstrainedError: "no_microphone",
  AbortError: "unreachable", // the worklet could not be fetched
};

class Page {
  private readonly view: View;
  private language: Language;
  private sound: Sound | undefined;
  private connection: Connection | undefined;
  private isMuted = false;
  private ticking: ReturnType<typeof setInterval> | undefined;

  constructor() {
    this.view = new View({
      call: () => void this.call(),
      hangUp: () => this.hangUp(),
      mute: (on) => this.mute(on),
      key: (key) => this.connection?.key(key),
      language: (language) => this.speak(language),
    });
    const wanted = document.body.dataset.language;
    this.language = isLanguage(wanted) ? wanted : "en";
    this.speak(this.language);
    const state = document.body.dataset.state;
    if (state && state !== "ready") this.view.problem(state);
    document.body.dataset.ready = "";
  }

  private speak(language: Language): void {
    this.language = language;
    this.view.speak(language);
  }

  private async call(): Promise<void> {
    this.view.problem();
    const missing = lacks();
    if (missing) {
      this.end(missing);
      return;
    }
    this.view.show("asking");
    const connection = new Connection({
      ready: () => this.begin(),
      sound: (pcm) => this.sound?.play(pcm),
      clear: () => this.sound?.clear(),
      mark: (mark) => this.sound?.mark(mark),
      caption: (caption) => this.view.captions.show(caption),
      over: (problem) => this.end(problem),
    });
    this.connection = connection;
    try {
      const sound = await Sound.open(WORKLET, ({ frame, level }) => this.heard(frame, level), (mark) => connection.played(mark));
      if (this.connection !== connection) {
        sound.close(); // hung up while the browser asked for the microphone
        return;
      }
      this.sound = sound;
    } catch (error) {
      if (this.connection === connection) this.end(REASONS[error instanceof DOMException ? error.name : ""] ?? "microphone");
      return;
    }
    this.view.show("connecting");
    await connection.open(this.language);
  }

  private begin(): void {
    const began = performance.now();
    this.view.captions.clear();
    this.mute(false);
    this.view.elapsed(0);
    this.view.show("talking");
    this.ticking = setInterval(() => this.view.elapsed(Math.floor((performance.now() - began) / 1000)), 1000);
  }

  private heard(frame: ArrayBuffer, level: number): void {
    if (this.isMuted) new Uint8Array(frame).fill(0); // silence goes on, so that the other side hears that we are there
    else this.view.level(level);
    this.connection?.sound(frame);
  }

  private mute(on: boolean): void {
    this.isMuted = on;
    this.view.mute(on);
  }

  private hangUp(): void {
    const connection = this.connection;
    connection?.hangUp();
    this.end();
  }

  private end(problem?: string): void {
    clearInterval(this.ticking);
    this.connection = undefined;
    this.sound?.close();
    this.sound = undefined;
    this.view.show("ended");
    this.view.problem(problem);
  }
}

/** What this browser lacks for a call, as the code of a problem. */
function lacks(): string | undefined {
  if (!window.isSecureContext) return "insecure";
  if (!("mediaDevices" in navigator) || !("AudioWorkletNode" in window)) return "old_browser";
  return undefined;
}

new Page();
