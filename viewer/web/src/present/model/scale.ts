/**
 * Between CSS pixels, device pixels and the session's logical units. Pictures are shown one to one in device
 * pixels, at places that are whole device pixels: anything else blurs text.
 *
 * `dpr` is `devicePixelRatio`; a scale is device pixels per logical unit in 120ths, between 60 and 960.
 */

import type { Scale, Size } from "../../protocol/types";

export const MIN_SCALE = 60;
export const MAX_SCALE = 960;

/** The scale that apps should draw at on this screen. */
export function scaleOf(dpr: number): Scale {
  const scale = Math.round(dpr * 120);
  return Number.isFinite(scale) ? Math.min(Math.max(scale, MIN_SCALE), MAX_SCALE) : 120;
}

/** The nearest place to `css` that is a whole device pixel. */
export function align(css: number, dpr: number): number {
  return Math.round(css * dpr) / dpr;
}

/** The pixels of a length of so many logical units, as hosts count them. */
export function toPixels(logical: number, scale: Scale): number {
  return Math.floor((logical * scale) / 120 + 0.5);
}

/** Whether so many pixels are a window of this size; apps may round half pixels otherwise. */
export function isOf(pixels: Size, { w, h }: Size, scale: Scale): boolean {
  return Math.abs(pixels.w - toPixels(w, scale)) <= 1 && Math.abs(pixels.h - toPixels(h, scale)) <= 1;
}

/**
 * How many CSS pixels a logical unit has when a picture is shown one to one. Nearly 1, as scales have 120
 * steps.
 */
export function unit(dpr: number, scale: Scale): number {
  return scale / 120 / dpr;
}

/**
 * What a window of so many logical units takes of the page, exactly, when its picture has the screen's scale.
 */
export function shownSize(size: Size, dpr: number): Size {
  const scale = scaleOf(dpr);
  return { w: toPixels(size.w, scale) / dpr, h: toPixels(size.h, scale) / dpr };
}

/** The most logical units that fit in a length of CSS pixels; at least one. */
export function fitting(css: number, dpr: number): number {
  const scale = scaleOf(dpr);
  const pixels = Math.floor(css * dpr + 0.01);
  let logical = Math.max(1, Math.floor((pixels * 120) / scale));
  // Half a pixel that is rounded up may be one too many, and one that is rounded down leaves room.
  while (logical > 1 && toPixels(logical, scale) > pixels) logical -= 1;
  while (toPixels(logical + 1, scale) <= pixels) logical += 1;
  return logical;
}
