/** Modifiers that are held without fingers: until the next key, or until they are let go. */

/** `once`: with the next key only. */
export type Hold = "off" | "once" | "locked";

export class Sticky {
  private readonly holds = new Map<string, Hold>();

  /** `press` makes and lets go of a key at the host; `changed` is told whenever a hold changed. */
  constructor(
    private readonly press: (code: string, pressed: boolean) => void,
    public changed: () => void = () => {},
  ) {}

  of(code: string): Hold {
    return this.holds.get(code) ?? "off";
  }

  /** A tap holds a modifier for one key, a second one until a third. */
  tap(code: string): void {
    const next = { off: "once", once: "locked", locked: "off" } as const;
    const hold = next[this.of(code)];
    this.holds.set(code, hold);
    if (hold !== "once") this.press(code, hold === "locked");
    this.changed();
  }

  /** Whether anything is held. */
  get any(): boolean {
    return [...this.holds.values()].some((hold) => hold !== "off");
  }

  /** A key goes down: what is held for it goes before. */
  before(): void {
    for (const code of this.once()) this.press(code, true);
  }

  /** That key went up. */
  after(): void {
    const once = this.once();
    for (const code of once.reverse()) {
      this.press(code, false);
      this.holds.set(code, "off");
    }
    if (once.length > 0) this.changed();
  }

  /** Everything was let go of at the host. */
  clear(): void {
    this.holds.clear();
    this.changed();
  }

  private once(): string[] {
    return [...this.holds.keys()].filter((code) => this.of(code) === "once");
  }
}
