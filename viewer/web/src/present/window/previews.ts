/**
 * Small pictures of windows that go on while somebody looks at them, and only then: without one that is shown
 * nothing is drawn, and hosts send nothing for it.
 */

import type { TrackId } from "../../protocol/types";
import { make } from "../widgets/dom";

export interface PreviewsHost {
  /** A window's picture, wherever it is drawn now. */
  canvas(track: TrackId): HTMLCanvasElement | undefined;
  /** These windows are looked at in small, whatever else hides them. */
  watched(tracks: ReadonlySet<TrackId>): void;
}

/** The longest side of a small picture, in its own pixels. */
const SIDE = 480;
/** The most windows that go on at once; what is beyond is as it was when it came into sight. */
const MOST = 12;
/** The least time between two pictures, in milliseconds. */
const INTERVAL = 200;
/** Drawing takes no more than one part in so many of the time. */
const SHARE = 10;

export class Previews {
  /** What is shown, by the place that shows it. */
  private readonly places = new Map<object, Map<TrackId, HTMLCanvasElement>>();
  private live: ReadonlySet<TrackId> = new Set();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly host: PreviewsHost) {}

  /** One place shows these windows from now on, instead of those before. Answers their pictures. */
  show(place: object, tracks: readonly TrackId[]): ReadonlyMap<TrackId, HTMLCanvasElement> {
    const before = this.places.get(place);
    const now = new Map(tracks.map((track) => [track, before?.get(track) ?? blank()]));
    if (now.size === 0) this.places.delete(place);
    else this.places.set(place, now);
    this.settle();
    for (const [track, copy] of now) if (before?.get(track) !== copy) this.draw(track, copy);
    return now;
  }

  hide(place: object): void {
    if (this.places.has(place)) this.show(place, []);
  }

  private settle(): void {
    const tracks = [...this.places.values()].flatMap((shown) => [...shown.keys()]).slice(0, MOST);
    const live = new Set(tracks);
    const same = live.size === this.live.size && tracks.every((track) => this.live.has(track));
    this.live = live;
    if (!same) this.host.watched(live);
    clearTimeout(this.timer);
    if (live.size > 0) this.timer = setTimeout(() => this.goOn(), INTERVAL);
  }

  private goOn(): void {
    const began = performance.now();
    if (!document.hidden)
      for (const shown of this.places.values())
        for (const [track, copy] of shown) if (this.live.has(track)) this.draw(track, copy);
    const wait = Math.max(INTERVAL, SHARE * (performance.now() - began));
    this.timer = setTimeout(() => this.goOn(), wait);
  }

  private draw(track: TrackId, copy: HTMLCanvasElement): void {
    const canvas = this.host.canvas(track);
    // One that nothing was drawn into yet has no picture to give.
    if (canvas === undefined || canvas.width === 0 || canvas.height === 0) return;
    const factor = Math.min(1, SIDE / Math.max(canvas.width, canvas.height));
    const [w, h] = [canvas.width, canvas.height].map((side) => Math.max(1, Math.round(side * factor)));
    if (copy.width !== w) copy.width = w as number;
    if (copy.height !== h) copy.height = h as number;
    const context = copy.getContext("2d");
    if (context === null) return;
    context.imageSmoothingQuality = "high";
    context.clearRect(0, 0, copy.width, copy.height);
    context.drawImage(canvas, 0, 0, copy.width, copy.height);
  }
}

function blank(): HTMLCanvasElement {
  const copy = make("canvas", { class: "preview" });
  copy.setAttribute("aria-hidden", "true");
  return copy;
}
