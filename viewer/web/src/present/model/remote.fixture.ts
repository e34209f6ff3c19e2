/** Windows for tests: 100 × 50, stacked by their numbers. */

import type { Window } from "../../protocol/types";

export function remote(track: number, more: Partial<Window> = {}): Window {
  return {
    track,
    kind: "toplevel",
    parent: null,
    title: `window ${track}`,
    app_id: "app",
    icon: null,
    position: { x: 0, y: 0 },
    size: { w: 100, h: 50 },
    scale: 120,
    limits: { min: null, max: null, increment: null, base: null },
    states: {
      activated: false,
      maximized: false,
      fullscreen: false,
      minimized: false,
      resizing: false,
      modal: false,
      urgent: false,
      client_decorated: false,
      unresponsive: false,
      awake: false,
    },
    configured: 0,
    stacking: track,
    ...more,
  };
}

/** A popup of another window. */
export function popup(track: number, parent: number, x: number, y: number): Window {
  return remote(track, { kind: "popup", parent, position: { x, y } });
}
