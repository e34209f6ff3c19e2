import { beforeEach, describe, expect, it } from "vitest";
import type { Rect } from "../../protocol/types";
import { FakePage, real, type FakeElement } from "../page.fixture";
import { Zoom } from "./zoom";
import { ZoomView } from "./zoom-view";

let page: FakePage;
let stage: FakeElement;
let content: FakeElement;
let zoom: Zoom;
/** The caret, in the window's own CSS pixels. */
let caret: Rect | null;
let view: ZoomView;

/** A window of 400 × 700 that fills a phone's stage, below a notch of 50 pixels. */
beforeEach(() => {
  page = new FakePage();
  [stage, content] = [page.createElement(), page.createElement()];
  stage.box = { left: 0, top: 50, width: 400, height: 700 };
  [zoom, caret] = [new Zoom(), null];
  view = new ZoomView({
    ...{ zoom, stage: real(stage), content: real(content), size: () => ({ w: 400, h: 700 }) },
    caret: () => (caret === null ? null : shown(caret)),
  });
});

/** Where a part of the window is in the viewport. */
function shown({ x, y, w, h }: Rect): Rect {
  const { scale, offset } = zoom;
  const { left, top } = stage.box;
  return {
    x: left + offset.x + x * scale,
    y: top + offset.y + y * scale,
    w: w * scale,
    h: h * scale,
  };
}

/** A soft keyboard leaves so much of the page. */
function leave(height: number): void {
  page.defaultView.visualViewport.height = height;
  page.defaultView.visualViewport.dispatchEvent(new Event("resize"));
}

const CARET: Rect = { x: 200, y: 600, w: 1, h: 20 };

describe("a window on a phone", () => {
  it("stands as it is until it is zoomed", () => {
    expect(content.style).toMatchObject({
      transformOrigin: "0 0",
      transform: "translate(0px,0px) scale(1)",
    });
    zoom.zoom({ x: 100, y: 150 }, 2);
    expect(content.style.transform).toBe("translate(-100px,-100px) scale(2)");
  });

  it("keeps what is between the fingers where it is", () => {
    const [x, y] = [130, 350];
    const before = { x: x - stage.box.left, y: y - stage.box.top };
    zoom.zoom({ x, y }, 2);
    expect(shown({ ...before, w: 0, h: 0 })).toMatchObject({ x, y });
  });

  it("stands on whole pixels where it is not zoomed", () => {
    stage.box = { left: 0, top: 50, width: 401.4, height: 700 };
    view.layout();
    expect(zoom.offset.x).toBeCloseTo(0.7);
    expect(content.style.transform).toBe("translate(1px,0px) scale(1)");
    zoom.zoom({ x: 100.7, y: 50 }, 2);
    expect(content.style.transform).toMatch(/^translate\(-99\.3\d*px,0px\) scale\(2\)$/);
  });

  it("stands where its stage stands when that has moved", () => {
    stage.box = { left: 20, top: 90, width: 400, height: 700 };
    view.layout();
    zoom.zoom({ x: 20, y: 90 }, 2);
    expect(zoom.offset).toEqual({ x: 0, y: 0 });
  });
});

describe("the caret", () => {
  it("comes above the soft keyboard when that opens, and the window comes back after it", () => {
    caret = CARET;
    leave(400);
    const { y, h } = shown(CARET);
    expect(y + h).toBeLessThanOrEqual(400);
    expect(y).toBeGreaterThan(stage.box.top);
    leave(800);
    expect(content.style.transform).toBe("translate(0px,0px) scale(1)");
  });

  it("is where the app moved it to, however far the view has been moved before", () => {
    caret = CARET;
    leave(400);
    const { offset } = zoom;
    view.reveal();
    expect(zoom.offset).toEqual(offset);
    caret = { ...CARET, y: 20 };
    view.reveal();
    expect(zoom.offset.y).toBeGreaterThan(offset.y);
    expect(shown(caret).y).toBeGreaterThanOrEqual(stage.box.top);
  });

  it("comes into view in a zoomed window", () => {
    zoom.zoom({ x: 0, y: 50 }, 2);
    caret = CARET;
    view.reveal();
    const { x, y, w, h } = shown(CARET);
    expect(x + w).toBeLessThanOrEqual(400);
    expect(y + h).toBeLessThanOrEqual(750);
  });

  it("moves nothing while it is in view, in a zoomed window neither", () => {
    zoom.zoom({ x: 0, y: 50 }, 2);
    zoom.pan(-250, -300);
    const { offset } = zoom;
    caret = { x: 200, y: 300, w: 1, h: 20 };
    view.reveal();
    expect(zoom.offset).toEqual(offset);
    caret = { x: 200, y: 490, w: 1, h: 20 };
    view.reveal();
    expect(zoom.offset.x).toBe(offset.x);
    expect(shown(caret).y + 40).toBe(750 - 24);
  });

  it("moves nothing where the app tells of none", () => {
    zoom.zoom({ x: 400, y: 750 }, 2);
    const { offset } = zoom;
    view.reveal();
    expect(zoom.offset).toEqual(offset);
  });

  it("stays above a keyboard that moves the page instead of covering it", () => {
    caret = CARET;
    const { visualViewport } = page.defaultView;
    visualViewport.offsetTop = 100;
    leave(400);
    const { y, h } = shown(CARET);
    expect(y + h).toBeLessThanOrEqual(500);
    expect(y).toBeGreaterThan(400);
  });
});

describe("when the screen is large again", () => {
  it("nothing is zoomed any more, and nothing can be", () => {
    zoom.zoom({ x: 0, y: 50 }, 2);
    view.dispose();
    expect(content.style.transform).toBe("");
    zoom.zoom({ x: 0, y: 50 }, 3);
    leave(400);
    expect(content.style.transform).toBe("");
    expect(zoom.zoomed).toBe(false);
    expect(zoom.pan(3, 4)).toEqual({ dx: 3, dy: 4 });
  });

  it("the next small one begins unzoomed", () => {
    zoom.zoom({ x: 0, y: 50 }, 2);
    view.dispose();
    const size = () => ({ w: 400, h: 700 });
    new ZoomView({ zoom, stage: real(stage), content: real(content), size, caret: () => null });
    expect(content.style.transform).toBe("translate(0px,0px) scale(1)");
    zoom.zoom({ x: 0, y: 50 }, 2);
    expect(zoom.scale).toBe(2);
  });
});
