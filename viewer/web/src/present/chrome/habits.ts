/** Which apps somebody likes and used lately, kept by the browser for each host. */

/** The part of `Storage` that is used. */
export interface Store {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

const KEY = "dormer-apps";
const MOST_RECENT = 5;
const MOST_FAVOURITES = 40;

export class Habits {
  favourites: readonly string[] = [];
  recent: readonly string[] = [];

  /** `origin` tells hosts apart where the page shows those of several; the page's own has none. */
  constructor(
    private readonly store: Store | null,
    private readonly origin = "",
  ) {
    try {
      const kept = JSON.parse(store?.getItem(KEY + origin) ?? "null") as Partial<Habits> | null;
      this.favourites = ids(kept?.favourites).slice(0, MOST_FAVOURITES);
      this.recent = ids(kept?.recent).slice(0, MOST_RECENT);
    } catch {
      // Of another version, or nothing may be kept here.
    }
  }

  /** An app was started. */
  used(id: string): void {
    this.recent = [id, ...this.recent.filter((other) => other !== id)].slice(0, MOST_RECENT);
    this.save();
  }

  likes(id: string): boolean {
    return this.favourites.includes(id);
  }

  /** Makes an app a favourite, or no more. */
  toggle(id: string): void {
    const without = this.favourites.filter((other) => other !== id);
    this.favourites = this.likes(id) ? without : [...without, id].slice(-MOST_FAVOURITES);
    this.save();
  }

  private save(): void {
    const { favourites, recent } = this;
    try {
      this.store?.setItem(KEY + this.origin, JSON.stringify({ favourites, recent }));
    } catch {
      // No room, or not allowed: then it is known until the page goes.
    }
  }
}

function ids(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((id) => typeof id === "string") : [];
}
