/**
 * What the taskbar shows of the windows there are, in the room that it has: titles, icons alone, apps instead
 * of windows, the rest in a menu.
 */

export interface BarEntry {
  appId: string;
  active: boolean;
}

/** Each group is one button: a window, or all windows of an app. */
export interface Bar<T> {
  /** Whether buttons have titles. */
  titles: boolean;
  shown: T[][];
  /** What has no room. */
  rest: T[][];
}

/** The least width of a button, in CSS pixels. */
const TITLE = 112;
const ICON = 42;
/** So many windows are too many to look through one by one. */
const MANY = 15;

export function arrangeBar<T extends BarEntry>(entries: readonly T[], width: number): Bar<T> {
  const grouped = entries.length >= MANY || entries.length * ICON > width;
  const groups = grouped ? byApp(entries) : entries.map((entry) => [entry]);
  const titles = groups.length * TITLE <= width;
  if (titles || groups.length * ICON <= width) return { titles, shown: groups, rest: [] };
  // One place is that of the button for the rest.
  const room = Math.max(1, Math.floor(width / ICON) - 1);
  const shown = groups.slice(0, room);
  const rest = groups.slice(room);
  const active = rest.findIndex((group) => group.some(({ active }) => active));
  // What is in use is always seen.
  if (active >= 0) [shown[room - 1], rest[active]] = [rest[active] as T[], shown[room - 1] as T[]];
  return { titles, shown, rest };
}

/** In the order in which the first window of each came. Windows that name no app are each their own. */
function byApp<T extends BarEntry>(entries: readonly T[]): T[][] {
  const groups = new Map<unknown, T[]>();
  for (const entry of entries) {
    const key = entry.appId === "" ? entry : entry.appId;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [entry]);
    else group.push(entry);
  }
  return [...groups.values()];
}
