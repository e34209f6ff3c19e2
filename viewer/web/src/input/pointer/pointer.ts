/**
 * Mice and pens. Motion is sent at once, where browsers tell it before the next frame even before; buttons
 * are found by what has changed, since the second button that goes down is told as a motion.
 *
 * While a button is down the window has the pointer, wherever it is; its menus get it while it is over them.
 * While content is dragged, the window has it that it is over.
 */

import type { InputEvent, TrackId } from "../../protocol/types";
import { within, type Point, type Surface, type Surfaces } from "./surface";
import { axis, LIFTED, LIFTED_AFTER, Pinch, wheel, type WheelInfo } from "./wheel";

/** What pointers need of the rest. */
export interface PointerHost {
  readonly surfaces: Surfaces;
  emit(track: TrackId, event: InputEvent, at: number): void;
  /** A press on a surface, before it is sent. */
  pressed(surface: Surface): void;
  /** A button or a wheel is about to be sent: keys that wait must go before. `after` when it was. */
  before(): void;
  after(): void;
  /** Whether the user holds Ctrl on the keyboard. */
  holdsControl(): boolean;
  /** Ctrl, for apps that zoom by the wheel. */
  control(pressed: boolean): void;
  /** Whether an app has the pointer locked. */
  locked(): TrackId | null;
}

/** evdev buttons, by their bit in `PointerEvent.buttons`. */
const BUTTONS = [0x110, 0x111, 0x112, 0x113, 0x114] as const;
/** Two motions within so many milliseconds are one: mice tell up to 8000 a second. */
const INTERVAL = 4;

/** A press that the page goes on with. */
export interface HandedOver extends Point {
  readonly pointerId: number;
}

export class Pointer {
  /** The surface that has the pointer while buttons are down. */
  private grabbing: Surface | null = null;
  private buttons = 0;
  /** Whether content is dragged, and over which window it is. */
  dragging = false;
  private over: Surface | null = null;
  /** A press that was handed over: nothing is told before all buttons are up. */
  private deaf = false;
  private id = 0;
  private moved = { x: NaN, y: NaN, at: -Infinity };
  private readonly pinch = new Pinch();
  private lifting: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly host: PointerHost) {}

  /** Listens on a surface until the signal ends it. */
  listen(surface: Surface, signal: AbortSignal): void {
    const { element } = surface;
    const on = (type: string, handle: (event: PointerEvent) => void) => {
      const mice = (event: Event) => {
        if ((event as PointerEvent).pointerType !== "touch") handle(event as PointerEvent);
      };
      element.addEventListener(type, mice, { signal });
    };
    on("pointerrawupdate", (event) => this.move(surface, event));
    on("pointermove", (event) => {
      this.move(surface, event);
      this.change(surface, event);
    });
    on("pointerdown", (event) => {
      event.preventDefault();
      this.change(surface, event);
    });
    on("pointerup", (event) => this.change(surface, event));
    on("pointercancel", (event) => this.let(event.timeStamp));
    on("lostpointercapture", (event) => this.let(event.timeStamp));
    on("pointerleave", (event) => this.leave(surface, event));
    const turned = (event: Event) => this.turn(surface, event as WheelEvent);
    element.addEventListener("wheel", turned, { signal, passive: false });
    // Menus of the browser, its history under the side buttons, scrolling by the middle one, and the focus
    // are ours.
    for (const type of ["contextmenu", "mousedown", "mouseup", "auxclick", "dragstart"]) {
      element.addEventListener(type, (event) => event.preventDefault(), { signal });
    }
  }

  /** Everything was released at the host. */
  clear(): void {
    this.deaf = false;
    this.buttons = 0;
    this.grabbing = null;
    this.dragging = false;
    this.over = null;
  }

  /** Gives up a press of the main button on a track; null if there is none. */
  handOver(track: TrackId): HandedOver | null {
    const { grabbing, buttons, id: pointerId } = this;
    if (grabbing?.toplevel !== track || (buttons & 1) === 0) return null;
    this.deaf = true;
    release(grabbing.element, pointerId);
    return { pointerId, x: this.moved.x, y: this.moved.y };
  }

  private move(surface: Surface, event: PointerEvent): void {
    if (this.host.locked() !== null || this.deaf) return;
    const { clientX: x, clientY: y, timeStamp: at } = event;
    if (x === this.moved.x && y === this.moved.y) return;
    if (event.type === "pointerrawupdate" && at - this.moved.at < INTERVAL) return;
    this.moved = { x, y, at };
    const target = this.target(surface, event);
    const left = this.over;
    this.over = this.dragging ? target : null;
    if (target === null) {
      // Over nothing: who had it so far is told, once.
      if (left !== null) this.host.emit(left.track, "Leave", at);
      return;
    }
    this.host.emit(target.track, { Motion: { position: within(target, { x, y }) } }, at);
  }

  /** Sends which buttons went down or up. */
  private change(surface: Surface, event: PointerEvent): void {
    if (this.deaf) {
      if (event.type === "pointermove" || event.type === "pointerup") this.deaf = event.buttons !== 0;
      if (event.type === "pointerdown") this.deaf = false;
      if (this.deaf) return;
      this.clear();
    }
    const changed = this.buttons ^ event.buttons;
    if (changed === 0) return;
    if (this.buttons === 0) {
      this.grabbing = surface;
      this.id = event.pointerId;
      this.moved = { x: event.clientX, y: event.clientY, at: event.timeStamp };
      this.host.pressed(surface);
      capture(surface.element, event.pointerId);
    }
    this.buttons = event.buttons;
    const target = this.target(surface, event) ?? this.grabbing ?? surface;
    const position = within(target, { x: event.clientX, y: event.clientY });
    BUTTONS.forEach((button, bit) => {
      if ((changed & (1 << bit)) === 0) return;
      const pressed = (event.buttons & (1 << bit)) !== 0;
      if (pressed) this.host.before();
      this.host.emit(target.track, { Button: { position, button, pressed } }, event.timeStamp);
      if (!pressed) this.host.after();
    });
    if (this.buttons === 0) this.grabbing = null;
  }

  /** The pointer was taken away while buttons were down. */
  private let(at: number): void {
    const surface = this.grabbing;
    if (surface === null || this.deaf) return;
    const position = within(surface, this.moved);
    BUTTONS.forEach((button, bit) => {
      if ((this.buttons & (1 << bit)) === 0) return;
      this.host.emit(surface.track, { Button: { position, button, pressed: false } }, at);
    });
    this.clear();
  }

  private leave(surface: Surface, event: PointerEvent): void {
    // Motion on the next surface says that it is there; both at once could overtake each other.
    const onto = this.host.surfaces.shownBy(event.relatedTarget);
    this.moved = { x: NaN, y: NaN, at: -Infinity };
    if (this.grabbing === null && onto === undefined) this.host.emit(surface.track, "Leave", event.timeStamp);
  }

  private turn(surface: Surface, event: WheelEvent): void {
    event.preventDefault();
    // The mode has to be read first, or Firefox tells pixels.
    const { deltaMode } = event;
    const { deltaX, deltaY, wheelDeltaX, wheelDeltaY } = event as WheelEvent & Required<WheelInfo>;
    const position = within(surface, { x: event.clientX, y: event.clientY });
    const send = (axis: ReturnType<typeof wheel>) =>
      this.host.emit(surface.track, { Scroll: { position, axis } }, event.timeStamp);
    clearTimeout(this.lifting);
    if (event.ctrlKey && !this.host.holdsControl()) {
      const detents = this.pinch.turn(deltaY);
      if (detents === 0) return;
      this.host.control(true);
      send(wheel(0, detents * 120));
      this.host.control(false);
      return;
    }
    this.host.before();
    const turned = axis({ deltaMode, deltaX, deltaY, wheelDeltaX, wheelDeltaY }, factor(surface));
    send(turned);
    this.host.after();
    if (turned.modality === "finger") this.lifting = setTimeout(() => send(LIFTED), LIFTED_AFTER);
  }

  /**
   * Who gets what happens at a point: the surface that has the pointer, or one of its popups that is there;
   * of a drag, whatever is there, if anything.
   */
  private target(
    surface: Surface,
    { clientX: x, clientY: y }: { clientX: number; clientY: number },
  ): Surface | null {
    const grabbing = this.grabbing ?? surface;
    if (this.dragging) return this.host.surfaces.at(grabbing.element.ownerDocument, { x, y }) ?? null;
    if (this.grabbing === null || !this.host.surfaces.hasPopups(grabbing.toplevel)) return grabbing;
    const there = this.host.surfaces.at(grabbing.element.ownerDocument, { x, y });
    return there !== undefined && there.toplevel === grabbing.toplevel ? there : grabbing;
  }
}

/** Logical units in a CSS pixel. */
function factor(surface: Surface): number {
  const origin: Point = { x: 0, y: 0 };
  return within(surface, { x: 1, y: 0 }).x - within(surface, origin).x;
}

function release(element: HTMLElement, pointer: number): void {
  if (element.hasPointerCapture(pointer)) element.releasePointerCapture(pointer);
}

function capture(element: HTMLElement, pointer: number): void {
  try {
    element.setPointerCapture(pointer);
  } catch {
    // It went up meanwhile.
  }
}
