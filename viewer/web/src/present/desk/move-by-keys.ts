/** Moving and resizing a window by arrow keys until Enter or Escape. */

import type { Taker } from "../../input";
import { texts } from "../../language";
import { allowed } from "../model/limits";
import type { View } from "../window/view";

/** By how much arrow keys move and resize, in CSS pixels; with Shift by one. */
const STEP = 24;

export type Change = "move" | "resize";

export interface MoveByKeysHost {
  /** The window is the active one, and the page has the keyboard. */
  begin(view: View): void;
  /** A window that fills something becomes normal. */
  normalise(view: View): void;
  arrange(view: View, resizing: boolean): void;
  /** It is over: the app has the keyboard again. */
  end(view: View): void;
  say(text: string): void;
  /** Asks this of every key until the answer is called. */
  take(taker: Taker): () => void;
}

export function moveByKeys(view: View, change: Change, host: MoveByKeysHost): void {
  host.begin(view);
  host.say(change === "move" ? texts.window.moveHint : texts.window.resizeHint);
  const before = { mode: view.mode, normal: view.normal, size: view.size };
  if (view.mode !== "normal") host.normalise(view);
  const listening = new AbortController();
  const end = (): void => {
    listening.abort();
    release();
    host.end(view);
  };
  const release = host.take((event) => {
    if (event.key === "Escape") Object.assign(view, before);
    if (event.key === "Enter" || event.key === "Escape") end();
    else nudge(view, change, event, host);
    return true;
  });
  addEventListener("pointerdown", end, { capture: true, signal: listening.signal });
}

const DIRECTIONS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

function nudge(view: View, change: Change, { key, shiftKey }: KeyboardEvent, host: MoveByKeysHost): void {
  const direction = DIRECTIONS[key];
  if (direction === undefined) return;
  const { increment } = view.window.limits;
  const least = { x: increment?.w ?? 1, y: increment?.h ?? 1 };
  const step = (along: number, least: number) => along * (shiftKey ? least : Math.max(STEP, least));
  const [dx, dy] = [step(direction[0], least.x), step(direction[1], least.y)];
  if (change === "move") view.normal = { x: view.at.x + dx, y: view.at.y + dy };
  else view.size = allowed({ w: view.size.w + dx, h: view.size.h + dy }, view.window.limits);
  host.arrange(view, change === "resize");
}
