/**
 * What a host says, made fit to be shown. Hosts are not trusted: all that the page is told goes through here.
 * The native viewer has the same rules in `session/src/viewer/sane.rs`; both are held to
 * `protocol/vectors/hostile.json`.
 */

import type { Point, Size, SizeLimits, TextInput, ToViewer, Window } from "../protocol/types";

/** The longest text, in bytes of UTF-8. */
const MAX_TEXT = 1024;
/** The longest side of a window in logical units: the largest picture at the smallest scale. */
const MAX_SIDE = 2 * 8192;
/** Windows and carets lie within this distance of where they belong. */
const MAX_POSITION = 1 << 16;
/** Scales in 120ths: 1/2 and 8. */
const [LEAST_SCALE, MOST_SCALE] = [60, 960];

/**
 * A text that can be shown anywhere: in one line, bounded, without characters that steer terminals or that
 * change the order of others.
 */
export function clean(text: string): string {
  const shown = text.replace(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, "");
  // What does not fit is not begun: `encodeInto` writes whole characters only.
  const { read } = new TextEncoder().encodeInto(shown, new Uint8Array(MAX_TEXT));
  return shown.slice(0, read);
}

/** The message with every text cleaned and every number within what can be shown. */
export function sane(message: ToViewer): ToViewer {
  if ("Window" in message) return { Window: saneWindow(message.Window) };
  if ("Notice" in message) return { Notice: { ...message.Notice, app: clean(message.Notice.app) } };
  if ("Goodbye" in message) return { Goodbye: { reason: clean(message.Goodbye.reason) } };
  if ("Refused" in message) {
    const { code, message: sentence } = message.Refused;
    return { Refused: { code, message: clean(sentence) } };
  }
  if ("Welcome" in message) {
    return { Welcome: { ...message.Welcome, session: clean(message.Welcome.session) } };
  }
  if ("TextInput" in message) {
    const { track, input } = message.TextInput;
    return { TextInput: { track, input: input === null ? null : saneInput(input) } };
  }
  if ("Clipboard" in message) {
    const { Clipboard: clipboard } = message;
    if ("Offer" in clipboard) return { Clipboard: { Offer: { mimes: clipboard.Offer.mimes.map(clean) } } };
    if ("Request" in clipboard) {
      const { request, mime } = clipboard.Request;
      return { Clipboard: { Request: { request, mime: clean(mime) } } };
    }
  }
  return message;
}

function saneWindow(window: Window): Window {
  return {
    ...window,
    title: clean(window.title),
    app_id: clean(window.app_id),
    position: sanePoint(window.position),
    size: saneSize(1, window.size),
    scale: clamp(LEAST_SCALE, window.scale, MOST_SCALE),
    limits: saneLimits(window.limits),
  };
}

function saneLimits({ min, max, increment, base }: SizeLimits): SizeLimits {
  const least = min === null ? null : saneSize(1, min);
  const most = max === null ? null : saneSize(1, max);
  return {
    min: least,
    max:
      most === null || least === null ? most : { w: Math.max(most.w, least.w), h: Math.max(most.h, least.h) },
    increment: increment === null ? null : saneSize(1, increment),
    base: base === null ? null : saneSize(0, base),
  };
}

function saneInput(input: TextInput): TextInput {
  const { x, y, w, h } = input.caret;
  const at = sanePoint({ x, y });
  const right = clamp(at.x, x + w, MAX_POSITION);
  const bottom = clamp(at.y, y + h, MAX_POSITION);
  return { ...input, caret: { ...at, w: right - at.x, h: bottom - at.y } };
}

function sanePoint({ x, y }: Point): Point {
  return { x: clamp(-MAX_POSITION, x, MAX_POSITION), y: clamp(-MAX_POSITION, y, MAX_POSITION) };
}

function saneSize(least: number, { w, h }: Size): Size {
  return { w: clamp(least, w, MAX_SIDE), h: clamp(least, h, MAX_SIDE) };
}

function clamp(least: number, n: number, most: number): number {
  return Math.min(Math.max(n, least), most);
}
