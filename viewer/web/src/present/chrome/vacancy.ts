/** What stands on a desk without windows: where to begin, or what is awaited. */

import { fill, texts } from "../../language";
import { make } from "../widgets/dom";
import { drawSymbol } from "../widgets/symbols";

/** `only` is what single-window mode waits for. */
export function vacancy(only: string | null): HTMLElement {
  const { session, taskbar } = texts;
  const [title, text] =
    only === null
      ? [taskbar.noWindows, taskbar.startFirst]
      : [session.windowMissing, fill(session.windowMissingHint, { app: only })];
  return make("div", {
    class: "empty-desk",
    role: "status",
    children: [
      drawSymbol(only === null ? "windows" : "dormer"),
      make("h1", { text: title }),
      make("p", { text }),
    ],
  });
}
