/** Canvases that note what is drawn on them. */

import { vi } from "vitest";

/** One that draws nothing. */
export class FakeCanvas {
  static made: FakeCanvas[] = [];
  /** What was drawn, in order: the method's name and its numbers. */
  readonly drawn: unknown[][] = [];
  oncontextlost: (() => void) | null = null;

  constructor(
    public width: number,
    public height: number,
  ) {
    FakeCanvas.made.push(this);
  }

  getContext(): object {
    const note =
      (method: string) =>
      (...all: unknown[]) =>
        void this.drawn.push([method, ...all.filter((it) => typeof it === "number")]);
    return {
      drawImage: note("drawImage"),
      putImageData: note("putImageData"),
      clearRect: note("clearRect"),
      fillRect: note("fillRect"),
      getImageData: (_x: number, _y: number, w: number, h: number) => ({
        data: new Uint8ClampedArray(4 * w * h),
      }),
      save() {},
      restore() {},
      beginPath() {},
      rect() {},
      clip() {},
    };
  }
}

/** From here on the engine draws on fakes. */
export function fakeCanvases(): void {
  FakeCanvas.made = [];
  vi.stubGlobal("OffscreenCanvas", FakeCanvas);
  vi.stubGlobal("ImageData", class {});
  vi.stubGlobal("requestAnimationFrame", (then: () => void) => setTimeout(then, 5));
}
