/** Microphone and loudspeaker of a page: 16 kHz, 16-bit, mono, in frames of 20 ms. */

export interface Heard {
  frame: ArrayBuffer;
  level: number;
}

export class Sound {
  private constructor(
    private readonly context: AudioContext,
    private readonly stream: MediaStream,
    private readonly loudspeaker: AudioWorkletNode,
  ) {}

  /** Opens both; to be called from a click or a key. Rejects when there is no microphone, or none that may be used.
   *
   * @param worklet the address of the built sound/worklet.ts
   * @param played gets each mark when what came before it was played
   */
  static async open(worklet: string, heard: (heard: Heard) => void, played: (mark: number) => void = () => undefined): Promise<Sound> {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    });
    const context = new AudioContext();
    try {
      await context.audioWorklet.addModule(worklet);
      const microphone = new AudioWorkletNode(context, "careline-microphone", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
      microphone.port.onmessage = ({ data }: MessageEvent<Heard>) => heard(data);
      context.createMediaStreamSource(stream).connect(microphone);
      const loudspeaker = new AudioWorkletNode(context, "careline-loudspeaker", { numberOfInputs: 0, outputChannelCount: [1] });
      loudspeaker.port.onmessage = ({ data }: MessageEvent<number>) => played(data);
      loudspeaker.connect(context.destination);
      await context.resume();
      return new Sound(context, stream, loudspeaker);
    } catch (error) {
      for (const track of stream.getTracks()) track.stop();
      void context.close();
      throw error;
    }
  }

  play(pcm: ArrayBuffer): void {
    this.loudspeaker.port.postMessage(pcm, [pcm]);
  }

  /** To be told to `played` when all sound so far was. */
  mark(mark: number): void {
    this.loudspeaker.port.postMessage(mark);
  }

  /** Drops what was not played yet. */
  clear(): void {
    this.loudspeaker.port.postMessage("clear");
  }

  close(): void {
    for (const track of this.stream.getTracks()) track.stop();
    void this.context.close();
  }
}
