/** What stands on a desk without windows: where to begin, or what is awaited. */

import { fill, texts } from "../../language";
import { button, make } from "../widgets/dom";
import { drawSymbol } from "../widgets/symbols";

/** `only` is what single-window mode waits for; `begin` opens the menu of apps. */
export function vacancy(only: string | null, begin: () => void): HTMLElement {
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
      only === null ? button({ class: "primary", text: taskbar.openApp }, begin) : null,
    ],
  });
}

/** What is known of the desk when it has nothing to show. */
export interface Scarcity {
  online: boolean;
  /** Whether the host has told all windows that there are. */
  told: boolean;
  /** Windows that are shown. */
  shown: number;
  /** Windows whose first picture is on its way. */
  coming: number;
  /** Apps that were started and show no window yet. */
  starting: number;
}

/** Whether it is certain that there is nothing to see. */
export function isVacant({ online, told, shown, coming, starting }: Scarcity): boolean {
  return online && told && shown + coming + starting === 0;
}
