/**
 * A tab that is closed by mistake: Ctrl+W in a terminal deletes a word, in a browser it closes the tab, and
 * the page does not hear of it before. Apps go on running on the host all the same, so who has not typed for
 * a while is not asked.
 */

/** How long after the last key the browser asks, in milliseconds. */
const LATELY = 60_000;

/** Scripts run on only where the tab stays; this much later, in milliseconds. */
const STAYED = 300;

export interface LeavingHost {
  /** When an app got a key last, in milliseconds since 1970; null if none did. */
  typedAt(): number | null;
  /** Whether there are apps that somebody uses here. */
  atWork(): boolean;
  /** The user has decided to stay. */
  stayed(): void;
}

/** Whether closing the tab now is likely to be a mistake. */
export function isRash(now: number, typedAt: number | null, atWork: boolean): boolean {
  return atWork && typedAt !== null && now - typedAt < LATELY;
}

/** Has the browser ask before the tab goes. */
export function guardLeaving(host: LeavingHost): void {
  addEventListener("beforeunload", (event) => {
    if (!isRash(Date.now(), host.typedAt(), host.atWork())) return;
    event.preventDefault();
    setTimeout(host.stayed, STAYED);
  });
}
