/**
 * One track's picture in a document: the canvas that the engine draws into, at the size at which it is shown.
 */

import type { Command } from "../../link/vocabulary";
import type { Size, TrackId, Window } from "../../protocol/types";
import { make, setLength } from "../widgets/dom";
import { isOf, scaleOf } from "../model/scale";

export type Send = (command: Command, transfer?: Transferable[]) => void;

export class Picture {
  readonly canvas: HTMLCanvasElement;

  /**
   * Tells the engine to draw the track here from now on. Not `translucent` lets the browser skip what lies
   * beneath; if translucent pixels come nevertheless, the engine asks for another canvas.
   */
  constructor(owner: Document, track: TrackId, translucent: boolean, send: Send) {
    this.canvas = make("canvas", { class: "picture", document: owner });
    this.canvas.setAttribute("aria-hidden", "true");
    const canvas = this.canvas.transferControlToOffscreen();
    send({ do: "canvas", track, canvas, translucent }, [canvas]);
  }

  /**
   * One to one in device pixels, if the picture was drawn for this screen; else as large as the window is,
   * also while that has a new size already and the picture of it is still on its way.
   */
  exact(pixels: Size, window: Window): Size {
    const dpr = this.canvas.ownerDocument.defaultView?.devicePixelRatio ?? 1;
    const fits = window.scale === scaleOf(dpr) && isOf(pixels, window.size, window.scale);
    const size = fits ? { w: pixels.w / dpr, h: pixels.h / dpr } : window.size;
    this.stretch(size);
    return size;
  }

  /** As large as this, whatever the picture's size: while another one is on its way. */
  stretch({ w, h }: Size): void {
    setLength(this.canvas, "width", w);
    setLength(this.canvas, "height", h);
  }
}
