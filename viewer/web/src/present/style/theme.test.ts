import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const css = readFileSync(fileURLToPath(new URL("theme.css", import.meta.url)), "utf8");
const [light, dark] = css.split(':root[data-theme="dark"]') as [string, string];

/** The tokens of a theme that are plain colours. */
function colours(text: string): Map<string, string> {
  return new Map(
    [...text.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name!, value!]),
  );
}

/** Relative luminance and contrast, as WCAG 2.2 has them. */
function luminance(channels: number[]): number {
  const [red, green, blue] = channels.map((value) =>
    value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4,
  ) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: number[], other: number[]): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const channels = (hex: string) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255);

const GROUNDS = ["desk-top", "desk-bottom", "surface", "surface-2", "surface-3", "glass"];
/** Text, on what it stands, and signs that mean something. */
const PAIRS: [string, string, number][] = [
  ...GROUNDS.flatMap((ground): [string, string, number][] => [
    ["text", ground, 4.5],
    ["text-2", ground, 4.5],
  ]),
  ["on-accent", "accent", 4.5],
  ["surface", "accent", 4.5],
  ["surface", "danger", 4.5],
  ...["good", "warn", "accent"].flatMap((sign): [string, string, number][] => [
    [sign, "surface", 3],
    [sign, "glass", 3],
  ]),
];

for (const [theme, text] of [
  ["light", light],
  ["dark", dark],
] as const) {
  test(`everything that is read can be read, ${theme}`, () => {
    const known = colours(text);
    const colour = (name: string) => channels(known.get(name) ?? `no ${name}`);
    const poor = PAIRS.map(([front, ground, least]) => ({
      pair: `${front} on ${ground}`,
      contrast: contrast(colour(front), colour(ground)),
      least,
    })).filter(({ contrast, least }) => !(contrast >= least));
    expect(poor).toEqual([]);
  });
}

test("letters in place of icons can be read, whatever their hue", () => {
  const [, saturation, lightness] = /hsl\(var\(--hue\) (\d+)% (\d+)%\)/.exec(css)!.map(Number) as number[];
  const least = Math.min(
    ...Array.from({ length: 360 }, (_, hue) => contrast([1, 1, 1], hsl(hue, saturation!, lightness!))),
  );
  expect(least).toBeGreaterThanOrEqual(4.5);
});

function hsl(hue: number, saturation: number, lightness: number): number[] {
  const [s, l] = [saturation / 100, lightness / 100];
  return [0, 8, 4].map((n) => {
    const k = (n + hue / 30) % 12;
    return l - s * Math.min(l, 1 - l) * Math.max(-1, Math.min(k - 3, 9 - k, 1));
  });
}
