import type { Translate } from "../locale";
import type { Connection, HandoffState } from "../protocol/types";

const SHORT_MS = 3_000;
const QUIET_START_MS = 800;

const WAITING = new Set(["waiting", "requested", "queued", "pending"]);
const ACTIVE = new Set(["active", "person", "joined", "taken", "accepted", "agent"]);
const OVER = new Set(["ended", "bot", "closed", "cancelled", "returned", "released"]);

const nothing = (): string => "";

/** One line about the connection and who answers; what matters most right now is what it says. */
export class StateLine {
  private connection: Connection = "idle";
  private wasOnline = false;
  private standing: () => string = nothing;
  private passing: () => string = nothing;
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

  handoffIs({ state, position }: HandoffState): void {
    const name = state.toLowerCase();
    if (WAITING.has(name)) {
      this.standing = () =>
        position ? this.t("handoff.waiting_position", { position }) : this.t("handoff.waiting");
    } else if (ACTIVE.has(name)) this.standing = () => this.t("handoff.active");
    else if (OVER.has(name)) {
      const before = this.standing;
      this.standing = nothing;
      if (before !== nothing) return this.forAMoment(() => this.t("handoff.ended"));
    }
    this.refresh();
  }

  delayed(code: string): void {
    this.forAMoment(() => this.t(code === "too_fast" ? "state.too_fast" : "state.busy"));
  }

  /** Says the same in the language spoken now. */
  relabel(): void {
    this.refresh();
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
    else this.show(this.passing() || this.standing());
  }
}
