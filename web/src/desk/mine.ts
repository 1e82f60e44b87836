/** The member's own customers, wherever a page lists them: who has not been answered yet is seen at once. */
import { onLive } from "./live";
import { tick } from "./ticking";

export function startMine(): void {
  onLive("message", ({ conversation = "", sender, seq = 0, at = "" }) => {
    const links = document.querySelectorAll(`[data-mine] [data-conversation="${CSS.escape(conversation)}"]`);
    for (const link of links) {
      const chip = link.querySelector<HTMLElement>("[data-unanswered]");
      const time = chip?.querySelector("time");
      if (!chip || !time || seq <= Number(chip.dataset["seq"] ?? 0)) continue;
      chip.dataset["seq"] = String(seq);
      chip.hidden = sender !== "customer";
      time.dataset["since"] = at;
      tick(chip);
    }
  });
}
