/**
 * Shows a window zoomed on its stage, in the part of the viewport that the soft keyboard leaves, and keeps
 * the caret in view.
 */

import type { Rect, Size } from "../../protocol/types";
import type { Zoom } from "./zoom";

export interface ZoomViewOptions {
  zoom: Zoom;
  /** The part of the page that windows are shown in; it does not move. */
  stage: HTMLElement;
  /** What is moved and zoomed: lies at the stage's corner, holds the window and its popups. */
  content: HTMLElement;
  /** The window's size in CSS pixels when it is not zoomed. */
  size(): Size;
  /** The app's caret in the viewport; null where it tells of none. */
  caret(): Rect | null;
}

export class ZoomView {
  private readonly ended = new AbortController();

  constructor(private readonly options: ZoomViewOptions) {
    const { zoom, content, stage } = options;
    content.style.transformOrigin = "0 0";
    zoom.changed = () => this.show();
    const { signal } = this.ended;
    const window = stage.ownerDocument.defaultView;
    for (const type of ["resize", "scroll"]) {
      window?.visualViewport?.addEventListener(type, () => this.layout(), { signal });
    }
    this.layout();
  }

  /** The window, the stage, or the keyboard changed its size. */
  layout(): void {
    const { zoom, stage, size } = this.options;
    const box = stage.getBoundingClientRect();
    const visible = stage.ownerDocument.defaultView?.visualViewport;
    const bottom = visible ? Math.min(box.bottom, visible.offsetTop + visible.height) : box.bottom;
    zoom.origin = { x: box.left, y: box.top };
    zoom.layout(size(), { x: 0, y: 0, w: box.width, h: Math.max(1, bottom - box.top) });
    this.reveal();
    this.show();
  }

  /** Brings the caret into view, if there is one. */
  reveal(): void {
    const caret = this.options.caret();
    if (caret === null) return;
    const { scale, offset, origin } = this.options.zoom;
    const own = (at: number, from: number, shift: number) => (at - from - shift) / scale;
    const place = { x: own(caret.x, origin.x, offset.x), y: own(caret.y, origin.y, offset.y) };
    this.options.zoom.reveal({ ...place, w: caret.w / scale, h: caret.h / scale });
  }

  /** Shows everything as it is without zoom; fingers cannot zoom any more. */
  dispose(): void {
    const { zoom, content } = this.options;
    this.ended.abort();
    zoom.end();
    content.style.transform = "";
  }

  private show(): void {
    const { scale, offset } = this.options.zoom;
    // Whole pixels, so that what is not zoomed stays sharp.
    const whole = scale === 1 ? Math.round : (at: number) => at;
    this.options.content.style.transform = `translate(${whole(offset.x)}px,${whole(offset.y)}px) scale(${scale})`;
  }
}
