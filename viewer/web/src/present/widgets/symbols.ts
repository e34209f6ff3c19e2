/** The page's own small pictures: strokes on a grid of 16 × 16. */

const PATHS = {
  /** A dormer: a roof with a window in it. */
  dormer: "M1.8 8.6 8 3l6.2 5.6M3.6 7.6v5.9h8.8V7.6M6.3 8.3h3.4v3H6.3zM8 8.3v3",
  apps: "M3 3h3.4v3.4H3zM9.6 3H13v3.4H9.6zM3 9.6h3.4V13H3zM9.6 9.6H13V13H9.6z",
  close: "m4 4 8 8m0-8-8 8",
  minimise: "M3.5 11.5h9",
  maximise: "M3.5 3.5h9v9h-9z",
  restore: "M3 5.5h7.5V13H3zM5.5 5.5V3H13v7.5h-2.5",
  popOut: "M9 3h4v4M13 3 7.5 8.5M11.5 9.5V13H3V4.5h3.5",
  popIn: "M12 8.5H7.5V4M7.5 8.5 13 3M11.5 10.5V13H3V4.5h3",
  more: "M3.6 8h.01M8 8h.01M12.4 8h.01",
  search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM10.3 10.3 14 14",
  windows: "M2.5 5h8v6.5h-8zM5.5 5V2.5h8V9h-3",
  keyboard: "M1.5 4h13v8.5h-13zM4 6.7h.01M6.7 6.7h.01M9.3 6.7h.01M12 6.7h.01M5 9.8h6",
  fullscreen: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  eye: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8ZM8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z",
  people:
    "M6 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM1.5 13.5c0-2.5 2-4 4.5-4s4.5 1.5 4.5 4M10.5 3.2a2.5 2.5 0 0 1 0 4.6M12 9.9c1.6.6 2.5 1.9 2.5 3.6",
  offline:
    "M2 2l12 12M5 11.2a4.2 4.2 0 0 1 5.3-.4M2.6 8.4A7.6 7.6 0 0 1 5 6.8M8.4 6a7.6 7.6 0 0 1 5 2.4M8 13.6h.01",
  /** Bars that grow: how good a connection is. */
  signal: "M2.5 13v-2M6.2 13V8.5M9.8 13V5.5M13.5 13V2.5",
  star: "m8 2 1.8 3.8 4.2.5-3.1 2.9.8 4.1L8 11.3l-3.7 2 .8-4.1L2 6.3l4.2-.5z",
  settings:
    "M2.5 4.5h6M11.5 4.5h2M2.5 11.5h2M7.5 11.5h6M10 6.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4ZM6 13.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4Z",
  link: "M3 12.5h.01M3 9a3.5 3.5 0 0 1 3.5 3.5M3 5.5a7 7 0 0 1 7 7M3 2.5a10 10 0 0 1 10 10",
  run: "m3 4.5 4 3.5-4 3.5M8.5 12H13",
  back: "M9.5 3.5 5 8l4.5 4.5",
  warning: "M8 2.2 14.5 13.5h-13zM8 6.5v3.3M8 11.7h.01",
  check: "m3 8.5 3.2 3.2L13 5",
  leave: "M6.5 2.5h-4v11h4M10 5l3 3-3 3M13 8H6",
  share: "M8 10V2M5 4.5 8 1.7l3 2.8M4.5 7.5H3v6h10v-6h-1.5",
  paste: "M5.5 3H3.5v11h9V3h-2M5.5 2h5v2.5h-5z",
  copy: "M5.5 5.5h8v8h-8zM3 10.5h-.5v-8h8V3",
  folder: "M1.8 4.2c0-.6.4-1 1-1h3.4l1.5 1.6h5.5c.6 0 1 .4 1 1v6.4c0 .6-.4 1-1 1H2.8c-.6 0-1-.4-1-1z",
  hand: "M5 8.5V3.8a1.2 1.2 0 0 1 2.4 0V7M7.4 6.8v-1a1.2 1.2 0 0 1 2.4 0v1.4M9.8 7.2a1.2 1.2 0 0 1 2.4 0v2.6c0 2.6-1.5 4.2-3.8 4.2-2 0-3-.8-4-2.6L2.6 9a1.2 1.2 0 0 1 2-1.2L5 8.5",
} as const;

export type SymbolName = keyof typeof PATHS;

const SVG = "http://www.w3.org/2000/svg";

/** Draws a symbol in the colour of the text around it. Screen readers skip it. */
export function drawSymbol(name: SymbolName, owner: Document = document): SVGSVGElement {
  const svg = owner.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "symbol");
  svg.setAttribute("aria-hidden", "true");
  const path = owner.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
