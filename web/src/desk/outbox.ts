/** Words on their way to the customer: in order, each once, sent again until they are through. */
import { keepHere, keptHere } from "./storage";

export interface Outgoing {
  id: string;
  text: string;
  attachments: string[];
  /** Why it was refused; such words wait for the agent. */
  refusal?: string;
}

/** What became of an attempt: through, refused in words, or no connection. */
export type Attempt = { kind: "through" } | { kind: "refused"; words: string } | { kind: "lost" };

const FIRST_PAUSE = 500; // ms
const LONGEST_PAUSE = 8000;

export class Outbox {
  private readonly waiting: Outgoing[];
  private running = false;
  private pause = FIRST_PAUSE;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly key: string,
    private readonly send: (words: Outgoing) => Promise<Attempt>,
    private readonly changed: () => void,
  ) {
    this.waiting = read(keptHere(key));
  }

  get words(): readonly Outgoing[] {
    return this.waiting;
  }

  add(words: Outgoing): void {
    this.waiting.push(words);
    this.noteChange();
    void this.run();
  }

  /** The agent wants refused words tried again. */
  again(id: string): void {
    for (const words of this.waiting) if (words.id === id) delete words.refusal;
    this.noteChange();
    this.hurry();
  }

  /** Whatever was sent has arrived in the transcript; or the agent gave it up. */
  drop(id: string): void {
    const at = this.waiting.findIndex((words) => words.id === id);
    if (at < 0) return;
    this.waiting.splice(at, 1);
    this.noteChange();
  }

  /** The connection is back: do not wait for the pause to end. */
  hurry(): void {
    clearTimeout(this.timer);
    this.pause = FIRST_PAUSE;
    void this.run();
  }

  private async run(): Promise<void> {
    if (this.running) return;
    this.running = true;
    for (let next = this.next(); next; next = this.next()) {
      const attempt = await this.send(next);
      if (attempt.kind === "lost") {
        this.timer = setTimeout(() => void this.run(), this.pause);
        this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
        break;
      }
      this.pause = FIRST_PAUSE;
      if (attempt.kind === "through") this.drop(next.id);
      else next.refusal = attempt.words;
      this.noteChange();
    }
    this.running = false;
  }

  private next(): Outgoing | undefined {
    return this.waiting.find((words) => words.refusal === undefined);
  }

  private noteChange(): void {
    keepHere(this.key, this.waiting.length ? JSON.stringify(this.waiting) : "");
    this.changed();
  }
}

function read(text: string): Outgoing[] {
  try {
    const found: unknown = JSON.parse(text || "[]");
    return Array.isArray(found) ? (found as Outgoing[]) : [];
  } catch {
    return [];
  }
}
