import type { Translate } from "../locale";
import type { Connection, HandoffState } from "../protocol/types";

const SHORT_MS = 3_000;
const QUIET_START_MS = 800;

const WAITING = new Set(["waiting", "requested", "queued", "offered", "pending"]);
const ACTIVE = new Set(["active", "person", "joined", "taken", "accepted", "agent"]);
const OVER = new Set(["ended", "bot", "closed", "cancelled", "returned", "released"]);

const nothing = (): string => "";

/** One line about the connection and who answers; what matters most right now is what it says. */
export class StateLine {
  private connection: Connection = "idle";
  private wasOnline = false;
  private standing: () => string = nothing;
  private passing: () => string = nothing;
  private agent: string | undefined;
  private withPerson = false;
  private writes = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly t: Translate,
    private readonly show: (text: string) => void,
  ) {}

  connectionIs(state: Connection): void {
    const back = state === "online" && this.wasOnline && this.connection !== "online";
    this.connection = state;
    this.passing = nothing;
    clearTimeout(this.timer);
    if (state === "online") this.wasOnline = true;
    if (state === "connecting") this.timer = setTimeout(() => this.refresh(), QUIET_START_MS);
    else if (back) this.forAMoment(() => this.t("state.back"));
    else this.refresh();
  }

  handoffIs(told: HandoffState): void {
    const name = told.state.toLowerCase();
    const agent = told.agent?.name;
    this.withPerson = ACTIVE.has(name);
    this.agent = this.withPerson ? agent : undefined;
    this.writes = false;
    if (WAITING.has(name)) this.standing = () => this.waiting(told);
    else if (this.withPerson) {
      this.standing = () => (agent ? this.t("handoff.active_name", { name: agent }) : this.t("handoff.active"));
    } else if (OVER.has(name)) {
      const before = this.standing;
      this.standing = nothing;
      if (before !== nothing) return this.forAMoment(() => this.t("handoff.ended"));
    }
    this.refresh();
  }

  /** Whether a person has the conversation now. */
  get isWithPerson(): boolean {
    return this.withPerson;
  }

  /** A person who has the conversation is writing, or no longer. */
  personWrites(on: boolean): void {
    this.writes = on;
    this.refresh();
  }

  delayed(code: string): void {
    this.forAMoment(() => this.t(code === "too_fast" ? "state.too_fast" : "state.busy"));
  }

  /** Says the same in the language spoken now. */
  relabel(): void {
    this.refresh();
  }

  /** The place in the queue and how long it will take, as far as anybody can tell. */
  private waiting({ position, minutes, open, busy }: HandoffState): string {
    if (open === false) return this.t("handoff.nobody_there");
    if (!position) return this.t("handoff.waiting");
    if (busy) return minutes ? this.t("handoff.busy_minutes", { position, minutes }) : this.t("handoff.busy", { position });
    if (!minutes) return this.t("handoff.waiting_position", { position });
    return this.t(minutes === 1 ? "handoff.waiting_minute" : "handoff.waiting_minutes", { position, minutes });
  }

  private typing(): string {
    if (!this.writes) return "";
    return this.agent ? this.t("typing.agent", { name: this.agent }) : this.t("typing.person");
  }

  private forAMoment(text: () => string): void {
    this.passing = text;
    this.refresh();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.passing = nothing;
      this.refresh();
    }, SHORT_MS);
  }

  private refresh(): void {
    if (this.connection === "reconnecting") this.show(this.t("state.reconnecting"));
    else if (this.connection === "connecting") this.show(this.t("state.connecting"));
    else this.show(this.passing() || this.typing() || this.standing());
  }
}
