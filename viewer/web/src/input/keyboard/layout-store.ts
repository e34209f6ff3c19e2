/** A learned layout, kept in the browser for the next visit. */

import { isWritten, WRITING, type Cell, type Table } from "./layouts";

/** As `localStorage`. */
export interface Store {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

const KEY = "dormer.keyboard";

export function save(store: Store | null, { name, cells, altgr }: Table): void {
  try {
    store?.setItem(KEY, JSON.stringify({ name, cells: [...cells], altgr }));
  } catch {
    // Full, or forbidden by the user: then it is learned again.
  }
}

export function load(store: Store | null): Table | null {
  try {
    return parse(JSON.parse(store?.getItem(KEY) ?? "null"));
  } catch {
    return null;
  }
}

/** What stands in the store may be of another version, or anybody's: nothing of it is believed unseen. */
function parse(value: unknown): Table | null {
  if (typeof value !== "object" || value === null) return null;
  const { name, cells, altgr } = value as Record<string, unknown>;
  if (typeof name !== "string" || !/^[a-z]{1,16}\*?$/.test(name) || !Array.isArray(cells)) return null;
  const known = cells.filter((entry): entry is [string, Cell] => {
    const [code, types] = Array.isArray(entry) ? (entry as unknown[]) : [];
    const written = typeof code === "string" && (code === "Space" || WRITING.includes(code));
    return written && Array.isArray(types) && types.length === 4 && types.every(isCharacter);
  });
  return { name, cells: new Map(known), altgr: altgr === true };
}

function isCharacter(value: unknown): boolean {
  return value === "" || (typeof value === "string" && isWritten(value));
}
