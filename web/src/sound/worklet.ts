/** What runs in the audio thread: a microphone and a loudspeaker. A file of its own, as browsers want it. */
import { Capture, Playback } from "./samples";

declare abstract class AudioWorkletProcessor {
  readonly port: MessagePort;
  abstract process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;
declare const sampleRate: number;

/** Posts `{frame, level}` 50 times a second. */
class Microphone extends AudioWorkletProcessor {
  private readonly capture = new Capture(sampleRate, (frame, level) => {
    this.port.postMessage({ frame: frame.buffer, level }, [frame.buffer]);
  });

  process(inputs: Float32Array[][]): boolean {
    const samples = inputs[0]?.[0];
    if (samples) this.capture.feed(samples);
    return true;
  }
}

/** Plays the buffers that are posted to it; `"clear"` drops them, a number is posted back when what came before it was played. */
class Loudspeaker extends AudioWorkletProcessor {
  private readonly playback = new Playback(sampleRate, (mark) => this.port.postMessage(mark));

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<ArrayBuffer | number | "clear">) => {
      if (data === "clear") this.playback.clear();
      else if (typeof data === "number") this.playback.mark(data);
      else this.playback.push(new Int16Array(data));
    };
  }

  process(_: Float32Array[][], outputs: Float32Array[][]): boolean {
    const samples = outputs[0]?.[0];
    if (samples) this.playback.fill(samples);
    return true;
  }
}

registerProcessor("careline-microphone", Microphone);
registerProcessor("careline-loudspeaker", Loudspeaker);
