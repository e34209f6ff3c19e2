/**
 * Where windows stand and how large they are: what each mode makes of a view, and what the host is asked for
 * it.
 */

import type { Point, Rect, Size, Window } from "../../protocol/types";
import { anchored, place, placeOver, pulledIn, tileRect } from "../model/geometry";
import type { WindowTree } from "../model/window-tree";
import { allowed } from "../model/limits";
import type { Place } from "../model/places";
import { align, fitting, scaleOf, shownSize, toPixels } from "../model/scale";
import type { Mode } from "../model/toplevel";
import type { Screen } from "../window/screen";
import type { View } from "../window/view";

export interface Circumstances {
  /** Whether this window fills the page without a frame: single-window mode. */
  alone(view: View): boolean;
  views(): Iterable<View>;
  /** The room in which a view stands. */
  screen(view: View): Screen;
}

export class Arranger {
  constructor(
    private readonly tree: WindowTree,
    private readonly circumstances: Circumstances,
  ) {}

  screen(view: View): Screen {
    return this.circumstances.screen(view);
  }

  /** One window at a time fills the screen, unless it is a dialog that fits. */
  private fillsScreen(view: View): boolean {
    if (this.circumstances.alone(view)) return true;
    const { compact, area } = this.screen(view);
    if (!compact) return false;
    const { w, h } = view.shownSize;
    return !view.dialog || w > area.w || h > area.h;
  }

  /** Whether the desk draws no frame around it. */
  private plain(view: View): boolean {
    return this.fillsScreen(view) || this.screen(view).compact;
  }

  /** Whether sizes are this viewer's to choose. */
  mayResize(view: View): boolean {
    return view.wishes.mayWish;
  }

  barHeight(view: View): number {
    return view.barHeight(this.screen(view).dpr, this.plain(view));
  }

  /** The outer size of a view, in CSS pixels. */
  outer(view: View): Size {
    const { w, h } = shownSize(view.shownSize, this.screen(view).dpr);
    return { w, h: h + this.barHeight(view) };
  }

  /** Gives a window that is shown for the first time its place and size: those it had, if that is known. */
  open(view: View, known?: Place): void {
    const { area, dpr } = this.screen(view);
    const { states, size, limits } = view.window;
    const filled: Mode = states.fullscreen ? "fullscreen" : states.maximized ? "maximized" : "normal";
    view.mode = filled;
    view.foreign = !view.wishes.mayWish;
    const bar = this.barHeight(view);
    const room = { w: fitting(area.w, dpr), h: fitting(area.h - bar, dpr) };
    // What was maximised from the start has the screen's size: it gets a smaller one to come back to.
    const share = view.mode === "normal" ? 1 : 0.72;
    const wish = { w: Math.min(size.w, room.w * share), h: Math.min(size.h, room.h * share) };
    view.size = allowed(known?.size ?? wish, limits);
    if (known !== undefined && view.mode !== "fullscreen") view.mode = known.mode;
    view.normal = known?.normal ?? this.placeFor(view);
    if (known?.room !== undefined) [view.placed, view.roomy] = [view.normal, known.room];
    this.apply(view);
  }

  /** Where a window goes that has no place yet. */
  placeFor(view: View): Point {
    const outer = this.outer(view);
    const { area } = this.screen(view);
    if (view.home === "carried") return placeOver(outer, { x: 0, y: 0, ...area }, area);
    const owner = this.tree.owner(view.track);
    for (const other of this.circumstances.views()) {
      if (other.track !== owner || other.group.hidden || other.home !== "desk") continue;
      const { x, y } = other.at;
      const parent = { x, y, w: other.shown.w, h: other.shown.h + this.barHeight(other) };
      return placeOver(outer, parent, area);
    }
    const others = [...this.circumstances.views()].filter((other) => other !== view && other.normal);
    return place(
      outer,
      area,
      others.map((other) => other.normal!),
    );
  }

  /**
   * Puts a view where its mode wants it, and asks the host for what is new about that; or shows it as large
   * as somebody else wants it.
   */
  apply(view: View, resizing = false): void {
    view.foreign = !view.wishes.mayWish;
    const { dpr, compact } = this.screen(view);
    const box = this.box(view);
    const bar = this.barHeight(view);
    const content = { w: box.w, h: Math.max(box.h - bar, 1) };
    view.lay({ x: align(box.x, dpr), y: align(box.y, dpr) }, bar, content);
    const free = view.mode === "normal" && !this.fillsScreen(view);
    const size = free ? view.size : { w: fitting(content.w, dpr), h: fitting(content.h, dpr) };
    this.shrink(view, content);
    view.wishes.want(
      view.window,
      {
        size,
        scale: scaleOf(dpr),
        maximized: this.fillsScreen(view) || view.mode === "maximized",
        fullscreen: view.mode === "fullscreen" && !compact,
      },
      resizing,
    );
    this.light(view);
  }

  /** Shows the picture as it is, or stretched while the app has not caught up. */
  light(view: View): void {
    const { window, pixels } = view;
    const current = pixels !== null && pictures(pixels, window);
    view.lightUp(current && view.wishes.mayFollow(window));
  }

  /** The host changed a window that was like `before`. */
  follow(view: View, before: Window): void {
    const { window } = view;
    if (!view.wishes.mayWish) return this.apply(view);
    view.wishes.heard(window);
    if (!view.wishes.mayFollow(window)) return this.light(view);
    const { maximized, fullscreen } = window.states;
    const changed = maximized !== before.states.maximized || fullscreen !== before.states.fullscreen;
    const now: Mode = fullscreen ? "fullscreen" : maximized ? "maximized" : "normal";
    const filled = view.mode === "maximized" || view.mode === "fullscreen";
    if (changed && !this.fillsScreen(view) && (now !== "normal" || filled) && now !== view.mode) {
      view.mode = now;
      return this.apply(view);
    }
    const decorated = window.states.client_decorated !== before.states.client_decorated;
    if (view.mode === "normal" && !this.fillsScreen(view)) {
      view.size = window.size;
      if (view.anchor !== null) view.normal = anchored(view.anchor.start, view.anchor.edge, this.outer(view));
      view.anchor = null;
      this.lay(view);
    } else if (decorated || this.fillsScreen(view)) this.apply(view);
    this.light(view);
  }

  /** Lays a normal window out anew without asking for anything. */
  private lay(view: View): void {
    const box = this.box(view);
    const bar = this.barHeight(view);
    const { dpr } = this.screen(view);
    view.lay({ x: align(box.x, dpr), y: align(box.y, dpr) }, bar, { w: box.w, h: box.h - bar });
  }

  /** The outer rectangle, in CSS pixels of the stage. */
  private box(view: View): Rect {
    const { area, viewport, dpr, compact } = this.screen(view);
    if (this.fillsScreen(view)) return { x: 0, y: 0, ...area };
    const mode = view.shownMode;
    if (mode === "maximized") return { x: 0, y: 0, ...area };
    if (mode === "fullscreen") return { x: 0, y: 0, ...(compact ? area : viewport) };
    const bar = this.barHeight(view);
    if (mode !== "normal") return aligned(tileRect(mode, area), dpr);
    const outer = this.outer(view);
    if (compact) {
      return { x: (area.w - outer.w) / 2, y: (area.h - outer.h) / 3, ...outer };
    }
    view.normal ??= { x: 0, y: 0 };
    if (view.placed !== view.normal) [view.placed, view.roomy] = [view.normal, { ...area }];
    return {
      ...pulledIn(view.normal, this.scaled(view, outer), area, Math.max(bar, 24), view.roomy),
      ...outer,
    };
  }

  /** How much smaller a normal window is shown, so that all of it fits on a small page. */
  private fitting({ w, h }: Size, { area }: Screen): number {
    const factor = Math.min(1, area.w / w, area.h / h);
    return factor > 0.99 ? 1 : factor;
  }

  private scaled(view: View, outer: Size): Size {
    const factor = this.fitting(outer, this.screen(view));
    return { w: outer.w * factor, h: outer.h * factor };
  }

  private fit(view: View): void {
    view.factor = this.fitting(this.outer(view), this.screen(view));
    view.group.style.transform = view.factor === 1 ? "" : `scale(${view.factor})`;
  }

  /** An app that cannot be as small as a phone, or is as large as others want it, is shown smaller, whole. */
  private shrink(view: View, content: Size): void {
    const { dpr, area } = this.screen(view);
    const bar = this.barHeight(view);
    const own = shownSize(view.window.size, dpr);
    const whole = this.fillsScreen(view) || !view.wishes.mayWish;
    if (!whole && view.shownMode === "normal") return this.fit(view);
    const known = whole && view.wishes.mayFollow(view.window);
    const room = view.wishes.mayWish ? content : { w: area.w, h: area.h - bar };
    const factor = known ? Math.min(1, room.w / own.w, room.h / own.h) : 1;
    // Rounding is no reason to blur.
    view.factor = factor > 0.99 ? 1 : factor;
    view.group.style.transform = view.factor === 1 ? "" : `scale(${view.factor})`;
    if (view.factor === 1) return;
    const middle = (room: number, length: number) => align((room - length * factor) / 2, dpr);
    view.lay({ x: middle(area.w, own.w), y: middle(area.h, own.h + bar) }, bar, own);
  }
}

function aligned({ x, y, w, h }: Rect, dpr: number): Rect {
  const [left, top, right, bottom] = [x, y, x + w, y + h].map((n) => align(n, dpr)) as [
    number,
    number,
    number,
    number,
  ];
  return { x: left, y: top, w: right - left, h: bottom - top };
}

/** Whether a picture is of the window as it is now: pictures and states come by different ways. */
function pictures(pixels: Size, { size, scale }: Window): boolean {
  const near = (pixels: number, logical: number) => Math.abs(pixels - toPixels(logical, scale)) <= 1;
  return near(pixels.w, size.w) && near(pixels.h, size.h);
}
