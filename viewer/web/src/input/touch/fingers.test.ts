import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { InputEvent, TrackId } from "../../protocol/types";
import { FingersOnPage, type FingersHost } from "./fingers";
import { Surfaces } from "../pointer/surface";
import { Zoom } from "./zoom";

/** A window that fills a phone of 400 × 800, at twice its size, and the page around it. */
class Element extends EventTarget {
  style = {};
  getBoundingClientRect() {
    return { left: 0, top: 0, right: 400, bottom: 800, width: 400, height: 800 };
  }
}

class Page extends EventTarget {
  defaultView = { innerWidth: 400, innerHeight: 800, performance: { now: () => now }, navigator: {} };
  elementFromPoint = () => window;
}

let now: number;
let window: Element;
let sent: [TrackId, InputEvent][];
let pressed: TrackId[];
let zoom: Zoom;
let fingers: FingersOnPage;

beforeEach(() => {
  vi.useFakeTimers();
  [now, sent, pressed, zoom, window] = [1000, [], [], new Zoom(), new Element()];
  zoom.layout({ w: 400, h: 800 }, { x: 0, y: 0, w: 400, h: 800 });
  const surfaces = new Surfaces();
  const element = window as unknown as HTMLElement;
  surfaces.add({ track: 1, toplevel: 1, element, size: () => ({ w: 200, h: 400 }) });
  const host: FingersHost = {
    ...{ surfaces, zoom, document: new Page() as unknown as Document },
    emit: (track, event) => sent.push([track, event]),
    pressed: ({ track }) => pressed.push(track),
    ...{ before: () => {}, after: () => {}, drawCursor: () => {} },
  };
  const { signal } = new AbortController();
  fingers = new FingersOnPage(host, signal);
  fingers.listen(element, signal);
});

afterEach(() => vi.useRealTimers());

/** What a finger does to the window. */
function finger(type: string, clientX: number, clientY: number, pointerId = 1): void {
  now += 16;
  const event = new Event(`pointer${type}`, { cancelable: true });
  const fields = { clientX, clientY, pointerId, pointerType: "touch", timeStamp: now };
  for (const [name, value] of Object.entries(fields)) Object.defineProperty(event, name, { value });
  window.dispatchEvent(event);
}

describe("fingers", () => {
  it("click by a tap, in the window's own units", () => {
    finger("down", 100, 60);
    finger("up", 100, 60);
    const position = { x: 50, y: 30 };
    expect(sent).toEqual([
      [1, { Motion: { position } }],
      [1, { Button: { position, button: 0x110, pressed: true } }],
      [1, { Button: { position, button: 0x110, pressed: false } }],
    ]);
    expect(pressed).toEqual([1]);
  });

  it("scroll what is under them the way they go", () => {
    finger("down", 100, 400);
    finger("move", 100, 360);
    expect(sent).toEqual([
      [
        1,
        {
          Scroll: {
            position: { x: 50, y: 200 },
            axis: { modality: "finger", dx: 0, dy: 20, detents_x: 0, detents_y: 0 },
          },
        },
      ],
    ]);
  });

  it("move a zoomed view first", () => {
    zoom.zoom({ x: 0, y: 0 }, 2);
    finger("down", 100, 400);
    finger("move", 100, 360);
    expect(sent).toEqual([]);
    expect(zoom.offset).toEqual({ x: 0, y: -40 });
  });

  it("drag when they were held, until the page takes the drag over", () => {
    finger("down", 100, 60);
    now += 600;
    vi.advanceTimersByTime(600);
    finger("move", 140, 60);
    expect(sent.at(-1)).toEqual([1, { Motion: { position: { x: 70, y: 30 } } }]);
    expect(fingers.handOver(2)).toBeNull();
    expect(fingers.handOver(1)).toEqual({ pointerId: 1, x: 140, y: 60 });
    sent = [];
    finger("move", 180, 60);
    finger("up", 180, 60);
    expect(sent).toEqual([]);
  });

  it("go to apps as they are, if the user wants that", () => {
    fingers.mode = "touch";
    finger("down", 100, 60, 77);
    finger("down", 200, 60, 78);
    finger("up", 100, 60, 77);
    finger("down", 10, 10, 79);
    const points = sent.flatMap(([, event]) =>
      typeof event === "object" && "Touch" in event ? event.Touch.points : [],
    );
    expect(points.map(({ id, phase }) => `${id} ${phase}`)).toEqual(["0 down", "1 down", "0 up", "0 down"]);
  });
});
