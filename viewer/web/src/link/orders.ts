/** What the page says that is the core's business alone, and the clock by which it is said. */

import type { Viewer } from "../session/viewer";
import type { Command } from "./vocabulary";

/** See the file's comment. */
export type Order = Extract<
  Command,
  {
    do:
      | "input"
      | "release-all"
      | "close"
      | "force-quit"
      | "focus"
      | "dismiss-popups"
      | "take-seat"
      | "visible"
      | "keymap"
      | "offer-clipboard"
      | "read-clipboard"
      | "clipboard-content";
  }
>;

/** Hands it to the core. */
export function order(core: Viewer, now: number, command: Order): void {
  switch (command.do) {
    case "input":
      core.handleInput(Math.min(onOurClock(command.at), now), command.track, command.event);
      return;
    case "release-all":
      return core.releaseHeld(now);
    case "close":
      core.handleInput(now, command.track, "Close");
      return;
    case "force-quit":
      core.handleInput(now, command.track, "ForceQuit");
      return;
    case "focus":
      return core.handleFocus(now, command.track);
    case "dismiss-popups":
      return core.dismissPopups();
    case "take-seat":
      return core.takeSeat();
    case "visible":
      return core.setVisible(command.track, command.visible);
    case "keymap":
      return core.setKeymap(command.text);
    case "offer-clipboard":
      return core.offerClipboard(command.mimes);
    case "read-clipboard":
      return core.requestClipboard(now, command.request, command.mime);
    case "clipboard-content":
      return core.provideClipboard(command.request, command.data);
  }
}

/** Microseconds on the viewer's clock. */
export function micros(): number {
  return Math.floor(performance.now() * 1000);
}

/** A time of the page, in milliseconds since 1970, on the viewer's clock. */
function onOurClock(millis: number): number {
  return Math.max(Math.floor((millis - performance.timeOrigin) * 1000), 0);
}
