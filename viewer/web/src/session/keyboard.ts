/** Which window has the desktop's keyboard, and the user's layout: what each host is told of them. */

import { MAX_KEYMAP } from "../protocol/wire";
import type { ToHost, TrackId } from "../protocol/types";

/** See the file's comment. */
export class Keyboard {
  private focus: TrackId | null = null;
  private keymap: string | null = null;

  /**
   * Another window has the focus, or none of this viewer's. Answers what to tell the host, if that is news.
   */
  setFocus(track: TrackId | null): ToHost | null {
    if (this.focus === track) return null;
    this.focus = track;
    return { Focus: { track } };
  }

  /**
   * What to tell the host of a new link of the focus. One that knows the viewer again takes it to have the
   * focus that it had.
   */
  focusAgain(isKnown: boolean): ToHost | null {
    return this.focus !== null || isKnown ? { Focus: { track: this.focus } } : null;
  }

  /**
   * The user's layout, as xkb text (ASCII). Answers what to tell the host; null, if it is over the protocol's
   * bound.
   */
  setKeymap(text: string): ToHost | null {
    if (text.length > MAX_KEYMAP) return null;
    this.keymap = text;
    return this.keymapAgain();
  }

  /** What to tell the host of a new link of the layout. */
  keymapAgain(): ToHost | null {
    return this.keymap === null ? null : { Keymap: { text: this.keymap } };
  }

  /** A window is gone. The host knows that it has no focus. */
  forgetTrack(track: TrackId): void {
    if (this.focus === track) this.focus = null;
  }
}
