import { beforeEach, describe, expect, it } from "vitest";
import { Zoom } from "./zoom";

/** A phone on which a window fills 400 × 800. */
let zoom: Zoom;
let changes: number;

beforeEach(() => {
  changes = 0;
  zoom = new Zoom(() => changes++);
  zoom.layout({ w: 400, h: 800 }, { x: 0, y: 0, w: 400, h: 800 });
});

/** Where a place of the window is shown. */
function shown(x: number, y: number): { x: number; y: number } {
  return { x: x * zoom.scale + zoom.offset.x, y: y * zoom.scale + zoom.offset.y };
}

describe("zooming", () => {
  it("keeps the place between the fingers where it is", () => {
    zoom.zoom({ x: 100, y: 200 }, 2);
    expect(zoom.scale).toBe(2);
    expect(shown(100, 200)).toEqual({ x: 100, y: 200 });
    expect(zoom.zoomed).toBe(true);
    expect(changes).toBe(1);
  });

  it("has bounds, and leaves nothing of the screen empty", () => {
    zoom.zoom({ x: 0, y: 0 }, 100);
    expect(zoom.scale).toBe(5);
    zoom.pan(1000, 1000);
    expect(zoom.offset).toEqual({ x: 0, y: 0 });
    zoom.pan(-10_000, -10_000);
    expect(shown(400, 800)).toEqual({ x: 400, y: 800 });
    zoom.zoom({ x: 100, y: 100 }, 0.01);
    expect([zoom.scale, zoom.offset]).toEqual([1, { x: 0, y: 0 }]);
  });

  it("goes out until all of a large window is seen, in the middle", () => {
    zoom.layout({ w: 800, h: 800 }, { x: 0, y: 0, w: 400, h: 800 });
    zoom.zoom({ x: 0, y: 0 }, 0.1);
    expect(zoom.scale).toBe(0.5);
    expect(shown(0, 0)).toEqual({ x: 0, y: 200 });
  });

  it("leaves what it cannot move to the app", () => {
    expect(zoom.pan(5, -7)).toEqual({ dx: 5, dy: -7 });
    zoom.zoom({ x: 0, y: 0 }, 2);
    expect(zoom.pan(-100, 30)).toEqual({ dx: 0, dy: 30 });
    expect(zoom.pan(-400, 0)).toEqual({ dx: -100, dy: 0 });
  });

  it("toggles", () => {
    zoom.toggle({ x: 0, y: 0 });
    expect(zoom.scale).toBe(2.5);
    zoom.toggle({ x: 0, y: 0 });
    expect(zoom.scale).toBe(1);
  });
});

describe("the caret", () => {
  it("is brought above the soft keyboard, and the view comes back after it", () => {
    zoom.layout({ w: 400, h: 800 }, { x: 0, y: 0, w: 400, h: 450 });
    zoom.reveal({ x: 10, y: 700, w: 1, h: 20 });
    const { y } = shown(10, 720);
    expect(y).toBeLessThanOrEqual(450);
    expect(y).toBeGreaterThan(400);
    zoom.layout({ w: 400, h: 800 }, { x: 0, y: 0, w: 400, h: 800 });
    expect(zoom.offset).toEqual({ x: 0, y: 0 });
  });

  it("does not move what is in view already", () => {
    zoom.zoom({ x: 200, y: 400 }, 2);
    const before = zoom.offset;
    zoom.reveal({ x: 200, y: 400, w: 1, h: 16 });
    expect(zoom.offset).toEqual(before);
    zoom.reveal({ x: 390, y: 400, w: 1, h: 16 });
    expect(shown(391, 400).x).toBeLessThanOrEqual(400);
  });
});
