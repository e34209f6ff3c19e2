/** The room that a browser window gives: its work area, its device pixels, and whether it is a phone's. */

import type { Size } from "../../protocol/types";

/**
 * One window at a time: small screens that are touched, and windows too narrow for others to stand beside.
 */
const COMPACT =
  "(pointer: coarse) and (max-width: 600px), (pointer: coarse) and (max-height: 500px), (max-width: 480px)";

export class Screen {
  /** Device pixels per CSS pixel. */
  dpr = 1;
  /** Of the element that windows stand in, in CSS pixels. */
  area: Size = { w: 1, h: 1 };
  /** Of the whole browser window, likewise. */
  viewport: Size = { w: 1, h: 1 };
  compact = false;
  private readonly observer: ResizeObserver;
  private readonly end = new AbortController();

  constructor(
    private readonly owner: Window & typeof globalThis,
    private readonly stage: HTMLElement,
    private readonly changed: () => void,
  ) {
    this.measure();
    this.observer = new owner.ResizeObserver(() => this.check());
    this.observer.observe(stage);
    const { signal } = this.end;
    owner.addEventListener("resize", () => this.check(), { signal });
    owner.matchMedia(COMPACT).addEventListener("change", () => this.check(), { signal });
    this.watchPixels();
  }

  dispose(): void {
    this.observer.disconnect();
    this.end.abort();
  }

  private check(): void {
    if (this.measure()) this.changed();
  }

  /** Reads everything anew; says whether anything changed. */
  private measure(): boolean {
    const { dpr, area, viewport, compact, stage, owner } = this;
    this.dpr = owner.devicePixelRatio || 1;
    this.area = { w: Math.max(stage.clientWidth, 1), h: Math.max(stage.clientHeight, 1) };
    this.viewport = { w: Math.max(owner.innerWidth, 1), h: Math.max(owner.innerHeight, 1) };
    this.compact = owner.matchMedia(COMPACT).matches;
    const same = (a: Size, b: Size) => a.w === b.w && a.h === b.h;
    return !(
      dpr === this.dpr &&
      compact === this.compact &&
      same(area, this.area) &&
      same(viewport, this.viewport)
    );
  }

  /** Moving to another screen, or zooming the page, changes the ratio without changing any size. */
  private watchPixels(): void {
    const query = this.owner.matchMedia(`(resolution: ${this.owner.devicePixelRatio}dppx)`);
    const changed = (): void => {
      this.check();
      this.watchPixels();
    };
    query.addEventListener("change", changed, { once: true, signal: this.end.signal });
  }
}
