/** Keys of a German keyboard: letters that people type without an input method. */

export interface Key {
  /** `KeyboardEvent.code`. */
  code: string;
  /** `KeyboardEvent.keyCode`, as Windows numbers them. */
  number: number;
  shift: boolean;
}

const PLACES: [string, string, number][] = [
  ["ü", "BracketLeft", 186],
  ["ö", "Semicolon", 192],
  ["ä", "Quote", 222],
  ["ß", "Minus", 219],
  ["y", "KeyZ", 89],
  ["z", "KeyY", 90],
  [".", "Period", 190],
  [",", "Comma", 188],
  ["-", "Slash", 189],
  [" ", "Space", 32],
];

const NAMED: Record<string, [string, number]> = {
  Enter: ["Enter", 13],
  Tab: ["Tab", 9],
  Escape: ["Escape", 27],
  Backspace: ["Backspace", 8],
  Delete: ["Delete", 46],
  Home: ["Home", 36],
  End: ["End", 35],
  ArrowLeft: ["ArrowLeft", 37],
  ArrowUp: ["ArrowUp", 38],
  ArrowRight: ["ArrowRight", 39],
  ArrowDown: ["ArrowDown", 40],
};

/** The key that types this letter, or null for letters that need an input method. */
export function keyOf(letter: string): Key | null {
  const lower = letter.toLowerCase();
  const shift = lower !== letter;
  const placed = PLACES.find(([place]) => place === lower);
  if (placed) return { code: placed[1], number: placed[2], shift };
  if (/^[a-z]$/.test(lower)) {
    return { code: `Key${lower.toUpperCase()}`, number: lower.toUpperCase().charCodeAt(0), shift };
  }
  if (/^[0-9]$/.test(lower)) return { code: `Digit${lower}`, number: lower.charCodeAt(0), shift: false };
  return null;
}

/** A key by name, as `Enter` or `a`. */
export function named(name: string): Key {
  const found = NAMED[name];
  if (found) return { code: found[0], number: found[1], shift: false };
  const key = keyOf(name);
  if (!key) throw new Error(`no key is called ${name}`);
  return key;
}

/** Cuts a text into runs that keys type and runs that an input method writes. */
export function runs(text: string): { text: string; keys: boolean }[] {
  const found: { text: string; keys: boolean }[] = [];
  for (const letter of text) {
    const keys = keyOf(letter) !== null;
    const last = found.at(-1);
    if (last && last.keys === keys) last.text += letter;
    else found.push({ text: letter, keys });
  }
  return found;
}
