/**
 * Keeps the screen on while somebody looks at apps on a phone, or at what an app says is watched, and no
 * longer.
 */

/**
 * The answer is to be called whenever what `wanted` says may have changed; that the page is shown or hidden
 * is seen here.
 */
export function keepAwake(wanted: () => boolean): () => void {
  if (!("wakeLock" in navigator)) return () => {};
  const awake = new ScreenWakeLock(wanted);
  document.addEventListener("visibilitychange", () => awake.tryAgain());
  // Some browsers want a gesture first.
  document.addEventListener("pointerup", () => awake.tryAgain());
  return () => void awake.settle();
}

class ScreenWakeLock {
  private held: WakeLockSentinel | null = null;
  private asking = false;
  /** A low battery, or not allowed: then the screen goes dark as ever, and nobody asks all the time. */
  private refused = false;

  constructor(private readonly wanted: () => boolean) {}

  tryAgain(): void {
    this.refused = false;
    void this.settle();
  }

  async settle(): Promise<void> {
    if (!this.wants) return this.let();
    if (this.held !== null || this.asking || this.refused) return;
    this.asking = true;
    try {
      const lock = await navigator.wakeLock.request("screen");
      this.held = lock;
      // Browsers let go of it themselves when the page is hidden.
      lock.addEventListener("release", () => this.held === lock && (this.held = null), { once: true });
    } catch {
      this.refused = true;
    }
    this.asking = false;
    if (!this.wants) this.let();
  }

  private get wants(): boolean {
    return document.visibilityState === "visible" && this.wanted();
  }

  private let(): void {
    const lock = this.held;
    this.held = null;
    lock?.release().catch(() => undefined);
  }
}
