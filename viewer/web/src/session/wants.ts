/**
 * What the app in use wants of the user: where it takes text, and whether it locks the pointer.
 *
 * Invariant: it ends with its window and with the link, and the front end hears of every change.
 */

import type { TextInput, TrackId } from "../protocol/types";
import type { Outbox } from "./outbox";

/** What the host said last. */
export class Wants {
  private text: { track: TrackId; input: TextInput } | null = null;
  private locked: TrackId | null = null;

  constructor(private readonly out: Outbox) {}

  /** Where the pointer is locked. */
  get lock(): TrackId | null {
    return this.locked;
  }

  /** Text is taken here; null: nowhere. */
  setTextInput(text: { track: TrackId; input: TextInput } | null): void {
    const track = text?.track ?? this.text?.track;
    if (track === undefined) return;
    this.text = text;
    this.out.tell({ on: "text-input", track, input: text?.input ?? null });
  }

  /** No text is taken in this window any more. */
  endTextInput(track: TrackId): void {
    if (this.text?.track === track) this.setTextInput(null);
  }

  /** The pointer is locked in this window; null: no more. */
  setLock(track: TrackId | null): void {
    if (this.locked === track) return;
    this.locked = track;
    this.out.tell({ on: "pointer-lock", track });
  }

  /** A window is gone, with what it wanted. */
  forgetTrack(track: TrackId): void {
    this.endTextInput(track);
    if (this.locked === track) this.setLock(null);
  }

  /** The link is lost, with all that was wanted over it. */
  lost(): void {
    this.setTextInput(null);
    this.setLock(null);
  }
}
