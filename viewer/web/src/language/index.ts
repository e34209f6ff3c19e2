/** Which language the page speaks, and its texts. */

import { en, type Texts } from "./en";
import { zh } from "./zh";

export type { Texts };

const LANGUAGES: Readonly<Record<string, Texts>> = { en, zh };

/** The first language that somebody wants and the page speaks; English if none is. */
export function choose(wanted: readonly string[]): "en" | "zh" {
  for (const tag of wanted) {
    const primary = tag.toLowerCase().split(/[-_]/)[0];
    if (primary === "en" || primary === "zh") return primary;
  }
  return "en";
}

/** The texts of the page; set once before anything is shown. */
export let texts: Texts = en;

/** Speaks a language from now on, and tells the document so. */
export function speak(language: "en" | "zh", owner: Document = document): void {
  texts = LANGUAGES[language] ?? en;
  owner.documentElement.lang = language === "zh" ? "zh-CN" : "en";
}

/** Fills in `{names}`. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
