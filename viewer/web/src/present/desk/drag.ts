/**
 * Moving and resizing windows with a pointer. Until the user lets go, the desk alone decides where the window
 * is.
 */

import type { Taker } from "../../input";
import type { Point, Rect } from "../../protocol/types";
import type { Arranger } from "./arrange";
import { make, setLength } from "../widgets/dom";
import { anchored, dragEdge, snapAt, tileRect, type Edge, type Snap } from "../model/geometry";
import { allowed, resizable } from "../model/limits";
import { align, fitting, shownSize } from "../model/scale";
import type { Screen } from "../window/screen";
import type { View } from "../window/view";

/** How far the pointer goes before a press on a title bar is a drag. */
const THRESHOLD = 4;

/** A pointer that is down. */
export interface Grip {
  pointer: number;
  x: number;
  y: number;
}

export interface DragsHost {
  /** A window moved: its popups move with it. */
  moved(view: View): void;
  /** Asks this of every key until the answer is called. */
  take(taker: Taker): () => void;
}

export class Drags {
  private ending: (() => void) | null = null;
  private readonly preview = make("div", { class: "snap-preview" });

  constructor(
    private readonly stage: HTMLElement,
    private readonly screen: Screen,
    private readonly arranger: Arranger,
    private readonly host: DragsHost,
  ) {
    this.preview.hidden = true;
    this.preview.setAttribute("aria-hidden", "true");
    stage.prepend(this.preview);
  }

  get active(): boolean {
    return this.ending !== null;
  }

  /** Follows a pointer until it is released. `edge` null moves the window. */
  begin(view: View, edge: Edge | null, grip: Grip): void {
    this.ending?.();
    if (edge !== null && !this.arranger.mayResize(view)) return;
    if (this.arranger.screen(view).compact || (edge !== null && !resizable(view.window.limits))) return;
    if (edge === null) this.move(view, grip);
    else this.resize(view, edge, grip);
  }

  private move(view: View, grip: Grip): void {
    let from: Point | null = view.shownMode === "normal" ? { ...view.at } : null;
    let began = false;
    let snap: Snap | null = null;
    const origin = { ...view.at };
    const to = (x: number, y: number): void => {
      if (!began && Math.hypot(x - grip.x, y - grip.y) < THRESHOLD) return;
      began = true;
      from ??= this.tearOff(view, grip);
      view.normal = { x: from.x + x - grip.x, y: from.y + y - grip.y };
      this.arranger.apply(view);
      this.host.moved(view);
      const box = this.stage.getBoundingClientRect();
      snap =
        this.arranger.mayResize(view) && resizable(view.window.limits)
          ? snapAt({ x: x - box.left, y: y - box.top }, this.screen.area)
          : null;
      this.show(snap);
      // Just below what is dragged: equal heights stand in the order of the document.
      this.preview.style.zIndex = view.group.style.zIndex;
    };
    const mode = view.mode;
    this.follow(view, grip, to, (kept) => {
      this.show(null);
      if (!kept && began) {
        view.mode = mode;
        view.normal = mode === "normal" ? origin : view.normal;
      } else if (snap !== null) {
        // What it snaps back to is where it was picked up.
        if (mode === "normal") view.normal = origin;
        view.mode = snap;
      } else if (view.mode === "normal" && began) view.normal = { ...view.at };
      if (began) this.arranger.apply(view);
      this.host.moved(view);
    });
  }

  /** A window that fills something becomes normal under the pointer. Answers where it is then. */
  private tearOff(view: View, grip: Grip): Point {
    const box = this.stage.getBoundingClientRect();
    const share = (grip.x - box.left - view.at.x) / Math.max(view.shown.w, 1);
    view.mode = "normal";
    const { w } = this.arranger.outer(view);
    return { x: grip.x - box.left - w * share, y: view.at.y };
  }

  private resize(view: View, edge: Edge, grip: Grip): void {
    const { dpr } = this.arranger.screen(view);
    const bar = this.arranger.barHeight(view);
    const { factor } = view;
    const start: Rect = { ...view.at, w: view.shown.w, h: view.shown.h + bar };
    const before = { mode: view.mode, size: view.size, normal: view.normal };
    view.mode = "normal";
    view.size = { w: fitting(view.shown.w, dpr), h: fitting(view.shown.h, dpr) };
    view.normal = { ...view.at };
    let began = false;
    const to = (x: number, y: number): void => {
      began = true;
      const wish = dragEdge(start, edge, (x - grip.x) / factor, (y - grip.y) / factor);
      const logical = { w: fitting(Math.max(wish.w, 1), dpr), h: fitting(Math.max(wish.h - bar, 1), dpr) };
      view.size = allowed(logical, view.window.limits);
      const { w, h } = shownSize(view.size, dpr);
      view.normal = anchored(start, edge, { w, h: h + bar });
      this.arranger.apply(view, true);
      this.host.moved(view);
    };
    this.follow(view, grip, to, (kept) => {
      if (!kept || !began) Object.assign(view, before);
      // Should the app take another size than asked for, the edges that were not dragged stay all the same.
      view.anchor = kept && began && (edge.includes("w") || edge.includes("n")) ? { edge, start } : null;
      this.arranger.apply(view);
      this.host.moved(view);
    });
  }

  private follow(
    view: View,
    grip: Grip,
    to: (x: number, y: number) => void,
    end: (kept: boolean) => void,
  ): void {
    const owner = view.frame.ownerDocument;
    const listening = new AbortController();
    const finish = (kept: boolean): void => {
      listening.abort();
      release();
      this.ending = null;
      owner.documentElement.classList.remove("dragging");
      view.frame.classList.remove("dragged");
      end(kept);
    };
    this.ending = () => finish(true);
    owner.documentElement.classList.add("dragging");
    view.frame.classList.add("dragged");
    const options = { signal: listening.signal, capture: true };
    const mine = (event: PointerEvent) => event.pointerId === grip.pointer;
    const win = owner.defaultView ?? window;
    win.addEventListener("pointermove", (event) => mine(event) && to(event.clientX, event.clientY), options);
    win.addEventListener("pointerup", (event) => mine(event) && finish(true), options);
    win.addEventListener("pointercancel", (event) => mine(event) && finish(true), options);
    win.addEventListener("blur", () => finish(true), { signal: listening.signal });
    const release = this.host.take(({ key }) => {
      if (key === "Escape") finish(false);
      return key === "Escape";
    });
  }

  private show(snap: Snap | null): void {
    this.preview.hidden = snap === null;
    if (snap === null) return;
    const { area, dpr } = this.screen;
    const { x, y, w, h } = snap === "maximized" ? { x: 0, y: 0, ...area } : tileRect(snap, area);
    setLength(this.preview, "left", align(x, dpr));
    setLength(this.preview, "top", align(y, dpr));
    setLength(this.preview, "width", w);
    setLength(this.preview, "height", h);
  }
}
