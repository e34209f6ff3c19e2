import { setMaxListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { InputEvent, TrackId } from "../../protocol/types";
import { Pointer, type PointerHost } from "./pointer";
import { Surfaces, type Surface } from "./surface";
import { axis, LIFTED_AFTER, Pinch } from "./wheel";

/** A box on a page that shows everything at twice its size. */
class Box extends EventTarget {
  captured: number[] = [];
  ownerDocument = { elementFromPoint: (x: number, y: number) => topmost(x, y) };

  constructor(
    readonly left: number,
    readonly top: number,
    readonly width: number,
    readonly height: number,
  ) {
    super();
  }

  getBoundingClientRect(): Box {
    return this;
  }

  setPointerCapture(id: number): void {
    this.captured.push(id);
  }

  hasPointerCapture(id: number): boolean {
    return this.captured.includes(id);
  }

  releasePointerCapture(id: number): void {
    this.captured = this.captured.filter((captured) => captured !== id);
  }
}

const surfaces = new Surfaces();
const boxes: Box[] = [];
let sent: [TrackId, InputEvent][];
let order: string[];
let pointer: Pointer;
let ctrl = false;

function topmost(x: number, y: number): Element | null {
  const inside = (box: Box) =>
    x >= box.left && x < box.left + box.width && y >= box.top && y < box.top + box.height;
  return (boxes.findLast(inside) ?? null) as unknown as Element | null;
}

function surface(track: TrackId, toplevel: TrackId, box: Box): Surface {
  boxes.push(box);
  const size = () => ({ w: box.width / 2, h: box.height / 2 });
  const surface = { track, toplevel, element: box as unknown as HTMLElement, size };
  surfaces.add(surface);
  const { signal } = new AbortController();
  setMaxListeners(0, signal);
  pointer.listen(surface, signal);
  return surface;
}

const host: PointerHost = {
  surfaces,
  emit: (track, event) => sent.push([track, event]),
  pressed: ({ track }) => order.push(`pressed ${track}`),
  before: () => order.push("before"),
  after: () => order.push("after"),
  holdsControl: () => ctrl,
  control: (pressed) => order.push(pressed ? "+ctrl" : "-ctrl"),
  locked: () => null,
};

beforeEach(() => {
  vi.useFakeTimers();
  for (const track of [1, 2, 3]) {
    const known = surfaces.of(track);
    if (known !== undefined) surfaces.remove(known);
  }
  [boxes.length, sent, order, ctrl] = [0, [], [], false];
  pointer = new Pointer(host);
});

afterEach(() => vi.useRealTimers());

let now = 0;

/** An event at a place of the page. */
function happen(surface: Surface, type: string, x: number, y: number, more: object = {}): Event {
  const event = new Event(type, { cancelable: true });
  now += 10;
  const fields = {
    clientX: x,
    clientY: y,
    buttons: 0,
    pointerId: 7,
    pointerType: "mouse",
    timeStamp: now,
    ...more,
  };
  for (const [name, value] of Object.entries(fields)) Object.defineProperty(event, name, { value });
  surface.element.dispatchEvent(event);
  return event;
}

const motion = (x: number, y: number) => ({ Motion: { position: { x, y } } });
const button = (x: number, y: number, button: number, pressed: boolean) => ({
  Button: { position: { x, y }, button, pressed },
});

describe("pointers", () => {
  it("move in the window's own units, once for each place", () => {
    const window = surface(1, 1, new Box(100, 50, 200, 200));
    happen(window, "pointerrawupdate", 110, 60);
    happen(window, "pointermove", 110, 60);
    happen(window, "pointermove", 111, 60);
    expect(sent).toEqual([
      [1, motion(5, 5)],
      [1, motion(5.5, 5)],
    ]);
  });

  it("that tell more than anyone looks at are heard every few milliseconds", () => {
    const window = surface(1, 1, new Box(0, 0, 200, 200));
    for (let n = 0; n < 10; n++) happen(window, "pointerrawupdate", n, 0, { timeStamp: 1e6 + n });
    happen(window, "pointermove", 9, 0, { timeStamp: 1e6 + 10 });
    expect(sent.map(([, event]) => event)).toEqual([
      motion(0, 0),
      motion(2, 0),
      motion(4, 0),
      motion(4.5, 0),
    ]);
  });

  it("press and release each button once, the second one too", () => {
    const window = surface(1, 1, new Box(0, 0, 200, 200));
    happen(window, "pointerdown", 10, 10, { buttons: 1 });
    happen(window, "pointermove", 10, 10, { buttons: 3 });
    happen(window, "pointermove", 10, 10, { buttons: 1 });
    happen(window, "pointerup", 10, 10, { buttons: 0 });
    expect(sent.filter(([, event]) => typeof event === "object" && "Button" in event)).toEqual([
      [1, button(5, 5, 0x110, true)],
      [1, button(5, 5, 0x111, true)],
      [1, button(5, 5, 0x111, false)],
      [1, button(5, 5, 0x110, false)],
    ]);
    expect(order[0]).toBe("pressed 1");
  });

  it("have a middle button and two at the side", () => {
    const window = surface(1, 1, new Box(0, 0, 200, 200));
    happen(window, "pointerdown", 0, 0, { buttons: 4 + 8 + 16 });
    expect(
      sent.map(([, event]) => typeof event === "object" && "Button" in event && event.Button.button),
    ).toEqual([0x112, 0x113, 0x114]);
  });

  it("stay with the window while a button is down, and with its menus", () => {
    const window = surface(1, 1, new Box(0, 0, 200, 200));
    const other = surface(2, 2, new Box(300, 0, 200, 200));
    happen(window, "pointerdown", 10, 10, { buttons: 1 });
    sent.length = 0;
    happen(window, "pointermove", 310, 10, { buttons: 1 });
    surface(3, 1, new Box(150, 0, 100, 100));
    happen(window, "pointermove", 160, 10, { buttons: 1 });
    happen(window, "pointerup", 310, 10);
    happen(other, "pointermove", 311, 10);
    expect(sent).toEqual([
      [1, motion(155, 5)],
      [3, motion(5, 5)],
      [1, button(155, 5, 0x110, false)],
      [2, motion(5.5, 5)],
    ]);
  });

  it("let go of what is down when they are taken away", () => {
    const window = surface(1, 1, new Box(0, 0, 200, 200));
    happen(window, "pointerdown", 10, 10, { buttons: 2 });
    happen(window, "pointercancel", 0, 0);
    happen(window, "lostpointercapture", 0, 0);
    const pressed = sent.map(
      ([, event]) => typeof event === "object" && "Button" in event && event.Button.pressed,
    );
    expect(pressed).toEqual([true, false]);
  });

  it("are handed over with the button that is down, and are back when it is up", () => {
    const box = new Box(0, 0, 200, 200);
    const window = surface(1, 1, box);
    expect(pointer.handOver(1)).toBeNull();
    happen(window, "pointerdown", 10, 10, { buttons: 1 });
    happen(window, "pointermove", 20, 10, { buttons: 1 });
    sent.length = 0;
    expect(pointer.handOver(2)).toBeNull();
    expect(pointer.handOver(1)).toEqual({ pointerId: 7, x: 20, y: 10 });
    expect(box.captured).toEqual([]);
    happen(window, "pointermove", 30, 10, { buttons: 1 });
    happen(window, "pointerup", 30, 10);
    expect(sent).toEqual([]);
    happen(window, "pointermove", 40, 10);
    happen(window, "pointerdown", 40, 10, { buttons: 1 });
    expect(sent).toEqual([
      [1, motion(20, 5)],
      [1, button(20, 5, 0x110, true)],
    ]);
  });

  it("leave when they are over no window", () => {
    const window = surface(1, 1, new Box(0, 0, 200, 200));
    const other = surface(2, 2, new Box(300, 0, 200, 200));
    happen(window, "pointerleave", 0, 0, { relatedTarget: other.element });
    expect(sent).toEqual([]);
    happen(window, "pointerleave", 0, 0, { relatedTarget: null });
    expect(sent).toEqual([[1, "Leave"]]);
  });

  it("of fingers are somebody else's", () => {
    const window = surface(1, 1, new Box(0, 0, 200, 200));
    happen(window, "pointerdown", 10, 10, { buttons: 1, pointerType: "touch" });
    expect(sent).toEqual([]);
  });

  it("keep the browser's menus and history away", () => {
    const window = surface(1, 1, new Box(0, 0, 200, 200));
    for (const type of ["contextmenu", "mousedown", "mouseup", "auxclick", "dragstart", "wheel"]) {
      expect(happen(window, type, 0, 0).defaultPrevented, type).toBe(true);
    }
  });
});

describe("wheels", () => {
  const pixels = { deltaMode: 0, deltaX: 0, deltaY: 0 };

  it("are told in lines by Firefox", () => {
    const turned = axis({ deltaMode: 1, deltaX: 0, deltaY: 3 }, 1);
    expect(turned).toEqual({ modality: "wheel", dx: 0, dy: 15, detents_x: 0, detents_y: 120 });
  });

  it("are known in Chromium by their detents, whatever the pixels are", () => {
    for (const deltaY of [100, 120, 53, 4.000244]) {
      const turned = axis({ ...pixels, deltaY, wheelDeltaX: 0, wheelDeltaY: -120 }, 1);
      expect(turned).toEqual({ modality: "wheel", dx: 0, dy: 15, detents_x: 0, detents_y: 120 });
    }
  });

  it("are fingers otherwise, in the window's units", () => {
    expect(axis({ ...pixels, deltaY: 7, wheelDeltaX: 0, wheelDeltaY: -21 }, 0.5).dy).toBe(3.5);
    const likeDetent = axis({ ...pixels, deltaY: 40, wheelDeltaX: 0, wheelDeltaY: -120 }, 1);
    expect(likeDetent.modality).toBe("finger");
    expect(axis({ ...pixels, deltaX: -2 }, 1)).toMatchObject({ modality: "finger", dx: -2, dy: 0 });
  });

  it("say when fingers were lifted", () => {
    const window = surface(1, 1, new Box(0, 0, 200, 200));
    happen(window, "wheel", 0, 0, { ...pixels, deltaY: 8 });
    happen(window, "wheel", 0, 0, { ...pixels, deltaY: 8 });
    vi.advanceTimersByTime(LIFTED_AFTER);
    const axes = sent.map(
      ([, event]) => typeof event === "object" && "Scroll" in event && event.Scroll.axis.dy,
    );
    expect(axes).toEqual([4, 4, 0]);
  });

  it("with a Ctrl that nobody holds are pinches", () => {
    const window = surface(1, 1, new Box(0, 0, 200, 200));
    happen(window, "wheel", 0, 0, { ...pixels, deltaY: 30, ctrlKey: true });
    expect(order).toEqual(["+ctrl", "-ctrl"]);
    expect(sent).toMatchObject([[1, { Scroll: { axis: { modality: "wheel", detents_y: 120 } } }]]);
    ctrl = true;
    happen(window, "wheel", 0, 0, { ...pixels, deltaY: 120, wheelDeltaY: -120, ctrlKey: true });
    expect(order.slice(2)).toEqual(["before", "after"]);
  });

  it("count small pinches together", () => {
    const pinch = new Pinch();
    const turns = Array.from({ length: 10 }, () => pinch.turn(-10));
    expect(turns.reduce((a, b) => a + b)).toBe(-4);
  });
});

describe("dragged content", () => {
  it("is told of where it is, is told once that it is nowhere, and is let go of there", () => {
    const from = surface(1, 1, new Box(0, 0, 100, 100));
    surface(2, 2, new Box(200, 0, 100, 100));
    happen(from, "pointerdown", 10, 10, { buttons: 1 });
    happen(from, "pointermove", 210, 20, { buttons: 1 });
    expect(sent.map(([track]) => track)).toEqual([1, 1]);
    pointer.dragging = true;
    happen(from, "pointermove", 220, 20, { buttons: 1 });
    expect(sent.at(-1)).toEqual([2, { Motion: { position: { x: 10, y: 10 } } }]);
    happen(from, "pointermove", 150, 20, { buttons: 1 });
    happen(from, "pointermove", 160, 20, { buttons: 1 });
    expect(sent.at(-1)).toEqual([2, "Leave"]);
    expect(sent.filter(([, event]) => event === "Leave")).toHaveLength(1);
    happen(from, "pointermove", 230, 20, { buttons: 1 });
    happen(from, "pointerup", 230, 20, { buttons: 0 });
    expect(sent.at(-1)?.[0]).toBe(2);
  });
});
