/** Fingers on the page, and what their gestures do to the windows and to the view. */

import type { InputEvent, TrackId } from "../../protocol/types";
import type { Action, Finger, Gesture, Phase, TouchMode } from "./gesture";
import type { HandedOver } from "../pointer/pointer";
import { within, type Point, type Surface, type Surfaces } from "../pointer/surface";
import { DirectTouch } from "./touch";
import { Trackpad, type Bounds } from "./trackpad";
import { LIFTED } from "../pointer/wheel";
import type { Zoom } from "./zoom";

export interface FingersHost {
  readonly surfaces: Surfaces;
  readonly document: Document;
  /** The view, where it can be zoomed. */
  readonly zoom: Zoom | null;
  emit(track: TrackId, event: InputEvent, at: number): void;
  /** A finger came down on a window, or its cursor clicks there. */
  pressed(surface: Surface): void;
  before(): void;
  after(): void;
  /** Draws the trackpad's cursor there, or none. */
  drawCursor(at: Point | null): void;
}

const PHASES: Readonly<Record<string, Phase>> = {
  pointerdown: "down",
  pointermove: "move",
  pointerup: "up",
  pointercancel: "cancel",
};

export class FingersOnPage {
  private gesture: Gesture | null;
  private current: TouchMode = "direct";
  private stage: HTMLElement | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Which surface a finger of the mode `touch` belongs to, and its small number. */
  private readonly touching = new Map<number, { surface: Surface; id: number }>();
  /** Where the pointer is, and while a button is down the surface that has it. */
  private pointed: Surface | null = null;
  private pressing = false;
  /**
   * Where the button went down; and whether content is dragged from there: then what it is over has the
   * pointer.
   */
  private held: Surface | null = null;
  dragging = false;
  private scrolling: Surface | null = null;
  /** The finger that did something last, and the one that was handed over. */
  private last: Finger | null = null;
  private given: number | null = null;

  constructor(
    private readonly host: FingersHost,
    signal: AbortSignal,
  ) {
    this.gesture = new DirectTouch();
    // A finger goes up over nothing when what it touched has gone, a menu for instance.
    for (const type of ["pointerup", "pointercancel"]) {
      host.document.addEventListener(type, (event) => this.hear(event as PointerEvent), { signal });
    }
  }

  get mode(): TouchMode {
    return this.current;
  }

  set mode(mode: TouchMode) {
    this.clear();
    this.current = mode;
    const pad = mode === "trackpad" ? new Trackpad(() => this.bounds()) : null;
    this.gesture = pad ?? (mode === "direct" ? new DirectTouch() : null);
    this.host.drawCursor(pad === null ? null : pad.cursor);
  }

  /** Listens on a track's element, or on the stage around them, until the signal ends it. */
  listen(element: HTMLElement, signal: AbortSignal, stage = false): void {
    element.style.touchAction = "none";
    if (stage) this.stage = element;
    for (const type of Object.keys(PHASES)) {
      element.addEventListener(type, (event) => this.hear(event as PointerEvent), { signal });
    }
    // Otherwise WebKit selects, looks things up, and magnifies.
    const listening = { signal, passive: false };
    element.addEventListener("touchstart", (event) => event.cancelable && event.preventDefault(), listening);
    element.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
  }

  /**
   * Gives up the finger that holds the button on a window; null if none does. What it does then is not heard
   * here.
   */
  handOver(track: TrackId): HandedOver | null {
    const { last } = this;
    if (!this.pressing || last === null || this.pointed?.toplevel !== track) return null;
    this.clear();
    this.given = last.id;
    return { pointerId: last.id, x: last.x, y: last.y };
  }

  /** Everything was released at the host. */
  clear(): void {
    clearTimeout(this.timer);
    this.touching.clear();
    this.pressing = this.dragging = false;
    this.held = null;
    this.scrolling = null;
    if (this.current === "direct") this.gesture = new DirectTouch();
    else if (this.gesture instanceof Trackpad)
      this.gesture = new Trackpad(() => this.bounds(), this.gesture.cursor);
  }

  private hear(event: PointerEvent): void {
    const phase = PHASES[event.type];
    if (event.pointerType !== "touch" || phase === undefined) return;
    if (phase === "down") this.given = null;
    if (event.pointerId === this.given) return;
    // The stage hears it again from the window on it.
    event.stopPropagation();
    if (phase === "down") event.preventDefault();
    const { clientX: x, clientY: y, pointerId: id, timeStamp: at } = event;
    const finger: Finger = { id, phase, x, y, at };
    this.last = finger;
    if (this.gesture === null) this.touch(finger, this.host.surfaces.shownBy(event.currentTarget));
    else this.perform(this.gesture.handle(finger), at);
  }

  /** Does what a gesture says, and sees to it that it is woken. */
  private perform(actions: readonly Action[], at: number): void {
    for (const action of actions) this.act(action, at);
    if (this.gesture instanceof Trackpad) this.host.drawCursor(this.gesture.cursor);
    clearTimeout(this.timer);
    const deadline = this.gesture?.deadline ?? null;
    if (deadline === null) return;
    const woken = () => this.gesture !== null && this.perform(this.gesture.wake(this.now()), this.now());
    this.timer = setTimeout(woken, Math.max(0, deadline - this.now()));
  }

  private act(action: Action, at: number): void {
    switch (action.do) {
      case "motion":
        return this.point(action.to, at);
      case "button":
        return this.button(action, at);
      case "scroll":
        return this.scroll(action, at);
      case "pan": {
        const rest = this.host.zoom?.pan(action.dx, action.dy) ?? action;
        if (rest.dx !== 0 || rest.dy !== 0) this.scroll({ at: action.at, dx: rest.dx, dy: rest.dy }, at);
        return;
      }
      case "zoom":
        this.host.zoom?.zoom(action.at, action.factor);
        this.host.zoom?.pan(action.dx, action.dy);
        return;
      case "buzz":
        this.host.document.defaultView?.navigator.vibrate?.(15);
    }
  }

  private point(to: Point, at: number): void {
    const surface = this.pressing && !this.dragging ? this.pointed : (this.at(to) ?? null);
    if (surface === null) {
      if (this.pointed !== null) this.host.emit(this.pointed.track, "Leave", at);
    } else {
      this.host.emit(surface.track, { Motion: { position: within(surface, to) } }, at);
    }
    this.pointed = surface;
  }

  private button(
    { at: where, button, pressed }: { at: Point; button: number; pressed: boolean },
    at: number,
  ): void {
    const there = this.pressing && !this.dragging ? this.pointed : (this.at(where) ?? null);
    // What is dropped over nothing is let go of all the same.
    const surface = there ?? (pressed ? null : this.held);
    if (surface === null) return;
    this.pointed = surface;
    this.held = pressed ? surface : null;
    this.pressing = pressed;
    if (pressed) {
      this.host.pressed(surface);
      this.host.before();
    }
    this.host.emit(surface.track, { Button: { position: within(surface, where), button, pressed } }, at);
    if (!pressed) this.host.after();
  }

  private scroll({ at: where, dx, dy }: { at: Point; dx: number; dy: number }, at: number): void {
    const lifted = dx === 0 && dy === 0;
    const surface = this.scrolling ?? (lifted ? null : (this.at(where) ?? null));
    this.scrolling = lifted ? null : surface;
    if (surface === null) return;
    const from = within(surface, where);
    const to = within(surface, { x: where.x + dx, y: where.y + dy });
    // Content goes with the fingers, so the view of it goes the other way.
    const axis = lifted ? LIFTED : { ...LIFTED, dx: from.x - to.x, dy: from.y - to.y };
    this.host.emit(surface.track, { Scroll: { position: from, axis } }, at);
  }

  private touch({ id, phase, x, y, at }: Finger, on: Surface | undefined): void {
    if (phase === "down" && on !== undefined) {
      const taken = new Set([...this.touching.values()].map((touch) => touch.id));
      let free = 0;
      while (taken.has(free)) free++;
      this.touching.set(id, { surface: on, id: free });
      this.host.pressed(on);
    }
    const touch = this.touching.get(id);
    if (touch === undefined) return;
    const position = within(touch.surface, { x, y });
    this.host.emit(touch.surface.track, { Touch: { points: [{ id: touch.id, phase, position }] } }, at);
    if (phase === "up") this.touching.delete(id);
    // One finger's cancel voids the gesture of all.
    if (phase === "cancel") this.touching.clear();
  }

  private at(place: Point): Surface | undefined {
    return this.host.surfaces.at(this.host.document, place);
  }

  private bounds(): Bounds {
    const { innerWidth, innerHeight } = this.host.document.defaultView ?? { innerWidth: 1, innerHeight: 1 };
    return this.stage?.getBoundingClientRect() ?? { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
  }

  private now(): number {
    return this.host.document.defaultView?.performance.now() ?? 0;
  }
}
