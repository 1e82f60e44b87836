/** Sound between a browser's own rate and the 16 kHz, 16 bits that go over the wire. No browser needed: the audio thread runs it. */

export const RATE = 16_000; // samples a second
const FRAME = RATE / 50; // 20 ms
const BEGIN = 0.06; // seconds in hand before playing begins, so that the network's hiccups are not heard
const MOST = 0.5; // seconds in hand at most: what is older than that is no conversation any more

/** Cuts a microphone's samples into frames of 20 ms. Each sample is the mean of those it stands for, which keeps most of what
 * lies above 8 kHz from folding back into the voice. */
export class Capture {
  private readonly step: number;
  private frame = new Int16Array(FRAME);
  private filled = 0;
  private position = 0;
  private sum = 0;
  private count = 0;
  private last = 0;

  /** `rate` is the microphone's, `done` gets each frame and its loudness from 0 to 1. */
  constructor(rate: number, private readonly done: (frame: Int16Array, level: number) => void) {
    this.step = rate / RATE;
  }

  feed(samples: Float32Array): void {
    for (const sample of samples) {
      this.sum += sample;
      this.count += 1;
      this.position += 1;
      while (this.position >= this.step) {
        this.position -= this.step;
        this.put();
      }
    }
  }

  private put(): void {
    if (this.count) this.last = this.sum / this.count;
    this.sum = this.count = 0;
    this.frame[this.filled++] = Math.round(Math.max(-1, Math.min(1, this.last)) * 32767);
    if (this.filled < FRAME) return;
    const power = this.frame.reduce((sum, each) => sum + (each / 32768) ** 2, 0) / FRAME;
    this.done(this.frame, Math.sqrt(power));
    this.frame = new Int16Array(FRAME);
    this.filled = 0;
  }
}

/** Plays what comes over the wire at the loudspeaker's rate, with as little in hand as goes. */
export class Playback {
  private queue: Int16Array[] = [];
  private inHand = 0; // samples
  private offset = 0; // in the first piece, with a fraction
  private playing = false;
  private readonly step: number;
  private pushed = 0; // pieces, ever
  private gone = 0;
  private marks: Array<{ mark: number; behind: number }> = [];

  /** `reached` gets each mark when what was pushed before it was played, or dropped. */
  constructor(
    rate: number,
    private readonly reached: (mark: number) => void = () => undefined,
  ) {
    this.step = RATE / rate;
  }

  /** Nothing more may come for a while: what is in hand is played out, and then `reached` is told. */
  mark(mark: number): void {
    this.marks.push({ mark, behind: this.pushed });
    this.playing = this.queue.length > 0;
    this.tell();
  }

  /** Drops what was not played. */
  clear(): void {
    while (this.queue.length) this.drop();
    this.offset = 0;
    this.playing = false;
  }

  push(pcm: Int16Array): void {
    if (!pcm.length) return;
    this.queue.push(pcm);
    this.pushed += 1;
    this.inHand += pcm.length;
    while (this.inHand > MOST * RATE && this.queue.length > 1) this.drop();
  }

  /** Fills `samples` with what comes next, or with silence. */
  fill(samples: Float32Array): void {
    if (!this.playing && this.inHand < BEGIN * RATE) {
      samples.fill(0);
      return;
    }
    this.playing = true;
    for (let at = 0; at < samples.length; at += 1) samples[at] = this.next();
  }

  private next(): number {
    const piece = this.queue[0];
    if (!piece) {
      this.playing = false;
      return 0;
    }
    const index = Math.floor(this.offset);
    const here = piece[index] ?? 0;
    const there = piece[index + 1] ?? this.queue[1]?.[0] ?? here;
    const value = here + (there - here) * (this.offset - index);
    this.offset += this.step;
    if (this.offset >= piece.length) this.drop();
    return value / 32768;
  }

  private drop(): void {
    const gone = this.queue.shift();
    this.inHand -= gone?.length ?? 0;
    this.offset = Math.max(0, this.offset - (gone?.length ?? 0));
    if (gone) this.gone += 1;
    this.tell();
  }

  private tell(): void {
    while (this.marks[0] && this.marks[0].behind <= this.gone) this.reached(this.marks.shift()?.mark ?? 0);
  }
}
