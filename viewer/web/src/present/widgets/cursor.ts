/** How the pointer looks over pictures: by the browser's own shapes where the app names one. */

import type { CursorImage } from "../../protocol/types";
import { make } from "./dom";

/** As large as hosts may send; browsers show no more than this either. */
const MAX_SIDE = 256;
/** Browsers shrink or ignore what is larger, in CSS pixels. */
const MAX_SHOWN_SIDE = 128;

/** The value of CSS `cursor` for an image. */
export function cursorOf(image: CursorImage): string {
  if (image === "Hidden") return "none";
  if ("Named" in image) return image.Named;
  const { size, hotspot, scale, rgba } = image.Picture;
  const { w, h } = size;
  const pixels = drawn(w, h, rgba);
  if (pixels === null) return "default";
  return picture(pixels, hotspot, Math.min(120 / scale, MAX_SHOWN_SIDE / Math.max(w, h)));
}

/**
 * A picture that is drawn beside the pointer, and where in it the pointer is, in CSS pixels; null for a name.
 */
export function beside(image: CursorImage): { element: HTMLElement; x: number; y: number } | null {
  if (typeof image === "string" || !("Picture" in image)) return null;
  const { size, hotspot, scale, rgba } = image.Picture;
  const element = drawn(size.w, size.h, rgba);
  if (element === null) return null;
  const factor = 120 / scale;
  element.style.width = `${size.w * factor}px`;
  return { element, x: hotspot.x * factor, y: hotspot.y * factor };
}

function drawn(w: number, h: number, rgba: Uint8Array): HTMLCanvasElement | null {
  const fits = w > 0 && h > 0 && w <= MAX_SIDE && h <= MAX_SIDE && rgba.length === w * h * 4;
  if (!fits) return null;
  const pixels = make("canvas");
  [pixels.width, pixels.height] = [w, h];
  pixels.getContext("2d")?.putImageData(new ImageData(new Uint8ClampedArray(rgba), w, h), 0, 0);
  return pixels;
}

/** A picture at `factor` CSS pixels per pixel, sharp where the browser knows `image-set`. */
function picture(pixels: HTMLCanvasElement, hotspot: { x: number; y: number }, factor: number): string {
  const at = (n: number, length: number) => Math.round(Math.min(Math.max(n, 0), length - 1) * factor);
  const spot = `${at(hotspot.x, pixels.width)} ${at(hotspot.y, pixels.height)}`;
  const ratio = 1 / factor;
  const sharp = `image-set(url("${pixels.toDataURL()}") ${ratio}x) ${spot}, default`;
  if (ratio === 1 || CSS.supports("cursor", sharp)) return ratio === 1 ? plain(pixels, spot) : sharp;
  const small = make("canvas");
  small.width = Math.max(1, Math.round(pixels.width * factor));
  small.height = Math.max(1, Math.round(pixels.height * factor));
  small.getContext("2d")?.drawImage(pixels, 0, 0, small.width, small.height);
  return plain(small, spot);
}

function plain(pixels: HTMLCanvasElement, spot: string): string {
  return `url("${pixels.toDataURL()}") ${spot}, default`;
}
