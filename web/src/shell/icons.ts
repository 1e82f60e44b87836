/** Drawings of the widget, built as elements: no markup is parsed. Paths are on a 24 by 24 grid. */

const NAMESPACE = "http://www.w3.org/2000/svg";

const PATHS = {
  chat: ["M4 5.5h16v11H10l-4.5 3.5v-3.5H4z", "M8 9.5h8", "M8 12.5h5"],
  shield: ["M12 3l7.5 2.6v5.2c0 4.6-3 8.2-7.5 10.2-4.5-2-7.5-5.6-7.5-10.2V5.6z", "M8.6 11.8l2.5 2.5 4.4-4.6"],
  close: ["M6 6l12 12", "M18 6L6 18"],
  send: ["M4.5 12L20 4.5 15.5 20l-3.2-6.6z", "M12.3 13.4L20 4.5"],
  attach: ["M19.5 11.5l-7.6 7.6a4.8 4.8 0 0 1-6.8-6.8l8-8a3.2 3.2 0 0 1 4.5 4.5l-7.9 7.9a1.6 1.6 0 0 1-2.3-2.3l7.2-7.2"],
  file: ["M6.5 3.5h7l4 4v13h-11z", "M13.5 3.5v4h4", "M9 12h6", "M9 15.5h6"],
  retry: ["M19 12a7 7 0 1 1-2.1-5", "M19 4v4h-4"],
  book: ["M5 4.5h10.5a3 3 0 0 1 3 3v12H8a3 3 0 0 1-3-3z", "M5 16.5a3 3 0 0 1 3-3h10.5"],
  phone: ["M6 4h3.5l1.5 4-2 1.7a11 11 0 0 0 5.3 5.3l1.7-2 4 1.5V18a2 2 0 0 1-2 2A14 14 0 0 1 4 6a2 2 0 0 1 2-2z"],
} as const;

export type Icon = keyof typeof PATHS;

/** An icon in the colour of the text around it, hidden from screen readers. */
export function icon(name: Icon): SVGSVGElement {
  const svg = document.createElementNS(NAMESPACE, "svg");
  const settings = { viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": "1.8" };
  for (const [key, value] of Object.entries(settings)) svg.setAttribute(key, value);
  svg.setAttribute("stroke-linecap", "round");
  svg.setAttribute("stroke-linejoin", "round");
  svg.setAttribute("aria-hidden", "true");
  for (const line of PATHS[name]) {
    const path = document.createElementNS(NAMESPACE, "path");
    path.setAttribute("d", line);
    svg.append(path);
  }
  return svg;
}
