/** Full screen, with the keys that browsers keep for themselves otherwise. */

/** Fills the screen with an element, and takes all keys there where the browser lets us; or leaves it. */
export async function fullscreen(document: Document, element: Element | null): Promise<void> {
  const keyboard = (document.defaultView?.navigator as { keyboard?: KeyboardLocks } | undefined)?.keyboard;
  try {
    if (element === null) {
      keyboard?.unlock?.();
      await document.exitFullscreen();
      return;
    }
    await element.requestFullscreen({ navigationUI: "hide" });
    await keyboard?.lock?.();
  } catch {
    // Not allowed here, as on phones: then it stays as it is.
  }
}

/** `navigator.keyboard`, where there is one. */
interface KeyboardLocks {
  lock?(): Promise<void>;
  unlock?(): void;
}
