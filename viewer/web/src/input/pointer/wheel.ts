/**
 * Wheels and touchpads. Browsers hide which of them it was; what they do tell differs:
 *
 * - Firefox tells wheels in lines, if asked for the mode first, and touchpads in pixels.
 * - Chromium and WebKit tell all in pixels. `wheelDelta`, from before the standard, has 120 for each detent
 *   of a wheel, and for touchpads three for each pixel or any number.
 * - A pinch on a touchpad is told as a wheel with Ctrl that nobody holds.
 * - Nobody tells that fingers were lifted: it is concluded from silence.
 */

import type { Axis } from "../../protocol/types";

/** What a `WheelEvent` says, with what engines have beside the standard. */
export interface WheelInfo {
  readonly deltaMode: number;
  readonly deltaX: number;
  readonly deltaY: number;
  readonly wheelDeltaX?: number;
  readonly wheelDeltaY?: number;
}

/** How far one detent scrolls in logical units: what desktops have agreed on. */
export const UNITS_OF_A_DETENT = 15;
/** So many lines is a detent. */
const LINES = 3;
/** After so many milliseconds without news the fingers have left. */
export const LIFTED_AFTER = 120;

export const LIFTED: Axis = { modality: "finger", dx: 0, dy: 0, detents_x: 0, detents_y: 0 };

/** What a wheel event means. `factor`: logical units in a CSS pixel. */
export function axis(info: WheelInfo, factor: number): Axis {
  if (info.deltaMode === 1) return wheel((info.deltaX / LINES) * 120, (info.deltaY / LINES) * 120);
  if (info.deltaMode === 2) return wheel(Math.sign(info.deltaX) * 1200, Math.sign(info.deltaY) * 1200);
  const { wheelDeltaX = 0, wheelDeltaY = 0 } = info;
  if (isDetents(wheelDeltaX, info.deltaX) && isDetents(wheelDeltaY, info.deltaY))
    return wheel(-wheelDeltaX, -wheelDeltaY);
  return { ...LIFTED, dx: info.deltaX * factor, dy: info.deltaY * factor };
}

function isDetents(wheelDelta: number, delta: number): boolean {
  if (delta === 0) return true;
  return wheelDelta !== 0 && wheelDelta % 120 === 0 && wheelDelta !== -3 * delta;
}

/** A wheel's turn in 120ths of a detent. */
export function wheel(x: number, y: number): Axis {
  // Without the zero there would be a negative one.
  const [detents_x, detents_y] = [Math.round(x) + 0, Math.round(y) + 0];
  const units = (detents: number) => (detents / 120) * UNITS_OF_A_DETENT;
  return { modality: "wheel", dx: units(detents_x), dy: units(detents_y), detents_x, detents_y };
}

/** Pinches as turns of a wheel: apps zoom by Ctrl and the wheel. */
export class Pinch {
  private rest = 0;

  /** Answers whole detents. */
  turn(deltaY: number): number {
    this.rest += deltaY;
    const detents = Math.trunc(this.rest / PINCH);
    this.rest -= detents * PINCH;
    return detents;
  }
}

/** So much of a pinch is a detent. */
const PINCH = 25;
