/** Sound between the browser's rate and the wire's, without a browser. */
import { expect, test } from "vitest";
import { Capture, Playback, RATE } from "../src/sound/samples";

function tone(rate: number, seconds: number, hertz = 440): Float32Array {
  return Float32Array.from({ length: Math.round(rate * seconds) }, (_, at) => 0.5 * Math.sin((2 * Math.PI * hertz * at) / rate));
}

function captured(rate: number, samples: Float32Array, piece = 128): { frames: Int16Array[]; levels: number[] } {
  const frames: Int16Array[] = [];
  const levels: number[] = [];
  const capture = new Capture(rate, (frame, level) => (frames.push(frame), levels.push(level)));
  for (let at = 0; at < samples.length; at += piece) capture.feed(samples.subarray(at, at + piece));
  return { frames, levels };
}

/** How often the sound crosses zero upwards: its frequency, whatever its rate. */
function rises(samples: ArrayLike<number>): number {
  let count = 0;
  for (let at = 1; at < samples.length; at += 1) if ((samples[at - 1] ?? 0) < 0 && (samples[at] ?? 0) >= 0) count += 1;
  return count;
}

test.each([8000, 16_000, 22_050, 44_100, 48_000])("a microphone at %i Hz makes 50 frames a second of the same tone", (rate) => {
  const { frames, levels } = captured(rate, tone(rate, 1.01));
  expect(frames.length).toBe(50);
  expect(frames.every((frame) => frame.length === 320)).toBe(true);
  expect(rises(frames.flatMap((frame) => [...frame]))).toBeGreaterThanOrEqual(437);
  expect(rises(frames.flatMap((frame) => [...frame]))).toBeLessThanOrEqual(442);
  expect(levels[10]).toBeCloseTo(0.354, 1);
});

test("what is too loud is cut, not turned over", () => {
  const { frames } = captured(RATE, new Float32Array(320).fill(3));
  expect(Math.min(...(frames[0] ?? []))).toBe(32767);
});

test("a tone at the wire's rate is the same tone at the loudspeaker's", () => {
  const { frames } = captured(RATE, tone(RATE, 0.4));
  const playback = new Playback(48_000);
  for (const frame of frames) playback.push(frame);
  const heard = new Float32Array(48_000 * 0.25);
  for (let at = 0; at < heard.length; at += 128) playback.fill(heard.subarray(at, at + 128));
  expect(rises(heard)).toBeGreaterThanOrEqual(108);
  expect(rises(heard)).toBeLessThanOrEqual(111);
});

test("nothing is played before there is enough in hand, and silence when it runs out", () => {
  const playback = new Playback(RATE);
  const heard = new Float32Array(320);
  playback.push(new Int16Array(640).fill(1000));
  playback.fill(heard);
  expect(heard.every((each) => each === 0)).toBe(true);
  playback.push(new Int16Array(640).fill(1000));
  for (let times = 0; times < 4; times += 1) playback.fill(heard);
  expect(heard.every((each) => each > 0)).toBe(true);
  playback.fill(heard);
  expect(heard.every((each) => each === 0)).toBe(true);
});

test("sound that was held up on its way is dropped, so that the talk does not run behind", () => {
  const playback = new Playback(RATE);
  for (let second = 1; second <= 3; second += 1)
    for (let part = 0; part < 50; part += 1) playback.push(new Int16Array(320).fill(second * 1000));
  const heard = new Float32Array(128);
  playback.fill(heard);
  expect(Math.round((heard[64] ?? 0) * 32768)).toBe(3000);
});

test("a mark is told when what came before it was played, and not before", () => {
  const told: number[] = [];
  const playback = new Playback(RATE, (mark) => told.push(mark));
  playback.push(new Int16Array(320).fill(1000));
  playback.mark(7);
  playback.fill(new Float32Array(300));
  expect(told).toEqual([]);
  playback.fill(new Float32Array(128));
  expect(told).toEqual([7]);
});

test("a mark with nothing before it is told at once", () => {
  const told: number[] = [];
  new Playback(RATE, (mark) => told.push(mark)).mark(1);
  expect(told).toEqual([1]);
});

test("what is dropped is not heard, and its marks are told", () => {
  const told: number[] = [];
  const playback = new Playback(RATE, (mark) => told.push(mark));
  for (let each = 0; each < 20; each += 1) playback.push(new Int16Array(320).fill(1000));
  playback.mark(2);
  playback.clear();
  const silence = new Float32Array(256);
  playback.fill(silence);
  expect(told).toEqual([2]);
  expect(silence.every((sample) => sample === 0)).toBe(true);
});
