/** A short sound for who is offered and for new words, where the member has turned it on; off at first. */
import { keep, kept } from "./storage";

const KEY = "setting:sound";
const NOTES = [660, 880]; // Hz, one after the other
const NOTE_S = 0.14;
const LOUDNESS = 0.15;

let speaker: AudioContext | undefined;

/** Two soft tones; nothing where sounds are off or the browser does not allow one yet. */
export function chime(): void {
  if (kept(KEY) !== "on" || !("AudioContext" in window)) return;
  speaker ??= new AudioContext();
  const now = speaker.currentTime;
  NOTES.forEach((pitch, index) => tone(speaker as AudioContext, pitch, now + index * NOTE_S));
}

function tone(context: AudioContext, pitch: number, at: number): void {
  const source = new OscillatorNode(context, { frequency: pitch });
  const volume = new GainNode(context, { gain: 0 });
  volume.gain.setValueAtTime(LOUDNESS, at);
  volume.gain.exponentialRampToValueAtTime(0.001, at + NOTE_S);
  source.connect(volume).connect(context.destination);
  source.start(at);
  source.stop(at + NOTE_S);
}

/** The switch in the menu; turning it on lets the sound be heard. */
export function offerSound(): void {
  const button = document.querySelector<HTMLButtonElement>("[data-sound]");
  if (!button) return;
  const show = (): void => button.setAttribute("aria-pressed", String(kept(KEY) === "on"));
  button.addEventListener("click", () => {
    keep(KEY, kept(KEY) === "on" ? "" : "on");
    show();
    chime();
  });
  show();
}
