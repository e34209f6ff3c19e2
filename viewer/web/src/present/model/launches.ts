/**
 * Apps that were started from here and show no window yet. Values and rules without elements.
 *
 * Invariants: a launch ends once: with the window that is likely to be its app's, with its app, or with time.
 * There are at most `MOST`; the oldest goes first.
 */

/** An app that starts. */
export interface Launch {
  readonly id: number;
  readonly name: string;
  /** The app's id in the catalogue, or the program of a command. */
  readonly app: string;
  readonly icon: string | null;
  /** When it was started, in milliseconds. */
  readonly at: number;
}

/** How long an app may take to its first window, in milliseconds, until nobody waits for it any more. */
export const PATIENCE = 45_000;
const MOST = 8;

export class Launches {
  private next = 1;
  private launches: Launch[] = [];

  begin(at: number, app: { id: string; name: string; icon: string | null }): Launch {
    const launch = { id: this.next++, name: app.name, app: app.id, icon: app.icon, at };
    this.launches = [...this.launches, launch].slice(-MOST);
    return launch;
  }

  /** It shows a window, has ended, or could not be started. Answers whether it was still awaited. */
  end({ id }: Launch): boolean {
    const before = this.launches.length;
    this.launches = this.launches.filter((launch) => launch.id !== id);
    return this.launches.length < before;
  }

  /** A window opened that was not there before: the launch that it is likely to come from has ended. */
  opened(appId: string): void {
    const fit = this.launches.find(({ app }) => isOf(appId, app));
    // Many apps call their windows otherwise than their entry; if only one is awaited, it is that one's.
    const only = this.launches.length === 1 ? this.launches[0] : undefined;
    const launch = fit ?? only;
    if (launch !== undefined) this.end(launch);
  }

  /** Nobody waits any longer than `PATIENCE`. */
  prune(now: number): void {
    this.launches = this.launches.filter(({ at }) => now - at < PATIENCE);
  }

  all(): readonly Launch[] {
    return this.launches;
  }

  awaits({ id }: Launch): boolean {
    return this.launches.some((launch) => launch.id === id);
  }
}

/**
 * Whether windows of this name are likely to be of that app: by its id, its last word, or the name of its
 * program.
 */
function isOf(appId: string, app: string): boolean {
  const plain = (name: string) => name.replace(/\.desktop$/, "").toLowerCase();
  const last = (name: string) => name.slice(Math.max(name.lastIndexOf("."), name.lastIndexOf("/")) + 1);
  const [window, own] = [plain(appId), plain(app.trim().split(/\s+/)[0] ?? "")];
  return window !== "" && (window === own || last(window) === last(own));
}
