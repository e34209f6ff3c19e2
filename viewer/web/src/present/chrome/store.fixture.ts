/** A browser's storage that holds one text, whatever it is asked for. */

import type { Store } from "./habits";

export function store(text: string | null = null): Store & { text: string | null } {
  return {
    text,
    getItem() {
      return this.text;
    },
    setItem(_: string, value: string) {
      this.text = value;
    },
  };
}
