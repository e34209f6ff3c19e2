/** Keeps a phone's screen on while somebody looks at a session. */

/** `wanted` is asked whenever the page is shown; browsers let go of the lock themselves when it is hidden. */
export function keepAwake(wanted: () => boolean): void {
  if (!("wakeLock" in navigator)) return;
  let held: WakeLockSentinel | null = null;
  const settle = async (): Promise<void> => {
    if (document.visibilityState !== "visible" || held !== null || !wanted()) return;
    try {
      const lock = await navigator.wakeLock.request("screen");
      held = lock;
      lock.addEventListener("release", () => (held = null), { once: true });
    } catch {
      // A low battery, or not allowed: then the screen goes dark as ever.
    }
  };
  document.addEventListener("visibilitychange", () => void settle());
  // Some browsers want a gesture first.
  document.addEventListener("pointerup", () => void settle());
}
