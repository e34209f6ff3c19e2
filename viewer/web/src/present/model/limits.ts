/** The sizes that an app can have. */

import type { Size, SizeLimits } from "../../protocol/types";

/** No window is smaller: its title bar must stay usable. */
export const SMALLEST: Size = { w: 96, h: 24 };

/** The size nearest to a wish, and not above it where that is possible, that the app can have. */
export function allowed(wish: Size, limits: SizeLimits): Size {
  return { w: along("w", wish, limits), h: along("h", wish, limits) };
}

function along(axis: "w" | "h", wish: Size, { min, max, increment, base }: SizeLimits): number {
  const least = Math.max(min?.[axis] ?? 1, SMALLEST[axis] > (max?.[axis] ?? Infinity) ? 1 : SMALLEST[axis]);
  const most = Math.max(max?.[axis] ?? Infinity, least);
  const within = Math.min(Math.max(Math.round(wish[axis]), least), most);
  const step = increment?.[axis] ?? 1;
  if (step <= 1) return within;
  // Terminals count whole characters from their base, or from their minimum if they name no base.
  const from = base?.[axis] ?? min?.[axis] ?? 0;
  const stepped = from + Math.floor((within - from) / step) * step;
  return stepped >= least ? stepped : Math.min(stepped + step, most);
}

/** Whether the app takes other sizes than its own. */
export function resizable({ min, max }: SizeLimits): boolean {
  return min === null || max === null || min.w < max.w || min.h < max.h;
}
