import type { Translate } from "../locale";
import type { Data } from "../protocol/types";
import { h } from "../shell/dom";
import { icon } from "../shell/icons";
import { outerLink } from "./text";

/** What drawing a card needs to know. */
export interface CardContext {
  t: Translate;
  server: string;
}

type Draw = (data: Data, context: CardContext) => HTMLElement | undefined;

function words(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function rowsOf(data: Data): unknown[] {
  return Array.isArray(data.rows) ? data.rows : [];
}

/** An address of the gateway or the web; anything else (`javascript:` first of all) is refused. */
export function safeAddress(value: unknown, server: string): string | undefined {
  if (typeof value !== "string") return undefined;
  try {
    const address = new URL(value, server);
    return address.protocol === "https:" || address.protocol === "http:" ? address.href : undefined;
  } catch {
    return undefined;
  }
}

const source: Draw = (data, { t, server }) => {
  const title = words(data.title);
  if (!title) return undefined;
  const address = safeAddress(data.url, server);
  return h(
    "p",
    { class: "cl-card cl-source" },
    icon("book"),
    h("span", {}, `${t("source.label")}:`),
    address ? outerLink(t, address, title) : title,
  );
};

function describedRows(rows: unknown[]): HTMLElement {
  const list = h("dl", { class: "cl-rows" });
  for (const row of rows) {
    const [label, value] = Array.isArray(row) ? row : [row, ""];
    list.append(h("div", {}, h("dt", {}, words(label)), h("dd", {}, words(value))));
  }
  return list;
}

const summary: Draw = (data, { t }) => {
  const rows = rowsOf(data);
  if (!rows.length) return undefined;
  return h("div", { class: "cl-card" }, h("h3", {}, words(data.title) || t("summary.label")), describedRows(rows));
};

/** One row of a list in words: a string, several cells, or an object's values. */
function rowText(row: unknown): string {
  if (Array.isArray(row)) return row.map(words).filter(Boolean).join(" · ");
  if (row && typeof row === "object") return Object.values(row).map(words).filter(Boolean).join(" · ");
  return words(row);
}

const list: Draw = (data) => {
  const rows = rowsOf(data).map(rowText).filter(Boolean);
  if (!rows.length) return undefined;
  const title = words(data.title);
  const items = h("ul", { class: "cl-list" }, ...rows.map((row) => h("li", {}, row)));
  return h("div", { class: "cl-card" }, title ? h("h3", {}, title) : null, items);
};

const emergency: Draw = (data, { t }) => {
  const phone = words(data.phone);
  if (!phone) return undefined;
  const number = phone.replace(/[^\d+*#]/g, "");
  return h(
    "div",
    { class: "cl-emergency" },
    h("h3", {}, words(data.title) || t("emergency.label")),
    h("a", { href: `tel:${number}` }, icon("phone"), t("emergency.call", { phone })),
  );
};

/**
 * Splits a text around the lines that a card says as well.
 *
 * A text always suffices alone, so it repeats the card's title and rows; with the card in its place, reading
 * them twice helps nobody. What stands before those lines goes above the card, the rest below it.
 */
export function aroundCards(text: string, data: readonly Data[]): { above: string; below: string } {
  const repeated = new Set<string>();
  for (const item of data) {
    if (item?.kind !== "summary" && item?.kind !== "list") continue;
    repeated.add(plain(words(item.title)));
    for (const row of rowsOf(item)) {
      repeated.add(plain(rowText(row)));
      if (Array.isArray(row)) repeated.add(plain(row.map(words).join(" ")));
    }
  }
  repeated.delete("");
  const lines = text.split("\n");
  const said = lines.map((line) => repeated.has(plain(line)));
  const first = said.indexOf(true);
  if (first < 0) return { above: text, below: "" };
  const rest = (from: number, to: number): string =>
    lines.slice(from, to).filter((_, index) => !said[from + index]).join("\n").trim();
  return { above: rest(0, first), below: rest(first, lines.length) };
}

/** A line's letters and digits, to compare lines that differ in bullets, colons and spaces. */
function plain(line: string): string {
  return line.normalize().toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ").trim();
}

const KINDS: Record<string, Draw> = { source, summary, list, emergency };

/** Draws structured content; unknown or unusable kinds give nothing, because the text says it all. */
export function card(data: Data, context: CardContext): HTMLElement | undefined {
  const kind = data?.kind ?? "";
  return Object.hasOwn(KINDS, kind) ? KINDS[kind]?.(data, context) : undefined;
}
