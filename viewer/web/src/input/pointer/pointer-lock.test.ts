import { beforeEach, describe, expect, it } from "vitest";
import type { InputEvent, TrackId } from "../../protocol/types";
import { PointerLock } from "./pointer-lock";
import { Surfaces } from "./surface";

/** A browser that locks the pointer when it likes. */
class Page extends EventTarget {
  pointerLockElement: EventTarget | null = null;
  frames: (() => void)[] = [];
  defaultView = { requestAnimationFrame: (draw: () => void) => this.frames.push(draw) };
  exitPointerLock(): void {
    this.pointerLockElement = null;
  }
}

class Canvas extends EventTarget {
  asked = 0;
  allowed = true;
  constructor(private readonly page: Page) {
    super();
  }
  async requestPointerLock(): Promise<void> {
    this.asked++;
    if (!this.allowed) throw new DOMException("no gesture", "NotAllowedError");
    this.page.pointerLockElement = this;
  }
}

let page: Page;
let canvas: Canvas;
let lock: PointerLock;
let sent: [TrackId, InputEvent][];
const surfaces = new Surfaces();
const surface = () => surfaces.of(1)!;

beforeEach(() => {
  page = new Page();
  canvas = new Canvas(page);
  sent = [];
  surfaces.add({
    track: 1,
    toplevel: 1,
    element: canvas as unknown as HTMLElement,
    size: () => ({ w: 1, h: 1 }),
  });
  const emit = (track: TrackId, event: InputEvent) => void sent.push([track, event]);
  lock = new PointerLock(page as unknown as Document, { surfaces, emit }, new AbortController().signal);
});

function move(movementX: number, movementY: number): void {
  page.dispatchEvent(Object.assign(new Event("pointermove"), { movementX, movementY }));
}

describe("an app that wants the pointer", () => {
  it("gets its motion, the sum of each frame", () => {
    move(9, 9);
    lock.want(1);
    expect(lock.track).toBe(1);
    move(3, 1);
    move(-1, 2);
    expect(sent).toEqual([]);
    expect(page.frames).toHaveLength(1);
    page.frames[0]?.();
    expect(sent).toEqual([[1, { RelativeMotion: { dx: 2, dy: 3 } }]]);
    move(5, 0);
    expect(page.frames).toHaveLength(2);
  });

  it("gets what has gathered before a button, and nothing twice", () => {
    lock.want(1);
    move(3, 1);
    lock.flush();
    page.frames[0]?.();
    expect(sent).toHaveLength(1);
  });

  it("gets it at the next press if the browser refused, or the user took it back", () => {
    canvas.allowed = false;
    lock.want(1);
    expect(lock.track).toBeNull();
    canvas.allowed = true;
    lock.pressed(surface());
    expect(lock.track).toBe(1);
    page.exitPointerLock();
    lock.pressed(surface());
    expect(lock.track).toBe(1);
    lock.pressed(surface());
    expect(canvas.asked).toBe(3);
  });

  it("lets it go", () => {
    lock.want(1);
    lock.want(null);
    expect(page.pointerLockElement).toBeNull();
    lock.pressed(surface());
    expect(canvas.asked).toBe(1);
  });
});
