/**
 * What tests and benchmarks may see and do, when the address asks for it: nothing that a user could not see
 * or do.
 */

import type { Engine } from "../../page/session";
import type { Event, Report, State } from "../../link/vocabulary";
import type { Rect, Size, TrackId } from "../../protocol/types";

export interface Pixels {
  size: Size;
  rgba: Uint8Array | null;
}

export interface TestAccess {
  client: Engine;
  /** The newest pixels of a part of a track, as straight RGBA. */
  pixels(track: TrackId, rect: Rect): Promise<Pixels>;
  state(): State | null;
  /** The newest figures; there are some once a second while the client is told to `report`. */
  report(): Report | null;
}

declare global {
  interface Window {
    dormer?: TestAccess;
  }
}

/** Hears the engine, and stands as `window.dormer` once there is a client. */
export function testAccess(): { handle(event: Event): void; begin(client: Engine): void } {
  const waiting = new Map<number, (pixels: Pixels) => void>();
  let newest: State | null = null;
  let report: Report | null = null;
  let request = 0;
  return {
    handle(event): void {
      if (event.on === "state") newest = event.state;
      if (event.on === "report") report = event.report;
      if (event.on !== "pixels") return;
      waiting.get(event.request)?.({ size: event.size, rgba: event.rgba });
      waiting.delete(event.request);
    },
    begin(client): void {
      window.dormer = {
        client,
        pixels: (track, rect) =>
          new Promise((resolve) => {
            waiting.set(++request, resolve);
            client.send({ do: "pixels", request, track, rect });
          }),
        state: () => newest,
        report: () => report,
      };
    },
  };
}
