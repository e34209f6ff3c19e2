import { expect, test } from "vitest";
import { choose, fill } from "./index";
import { en } from "./en";
import { zh } from "./zh";

/** Every text by its path. */
function texts(node: object, path = ""): [string, string][] {
  return Object.entries(node).flatMap(([key, value]): [string, string][] =>
    typeof value === "string" ? [[path + key, value]] : texts(value as object, `${path}${key}.`),
  );
}

const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

test("both languages have the same texts, in the same order, none of them empty", () => {
  expect(texts(zh).map(([path]) => path)).toEqual(texts(en).map(([path]) => path));
  for (const [path, text] of [...texts(en), ...texts(zh)]) expect(text.trim(), path).not.toBe("");
});

test("what is filled in has the same names in both", () => {
  const english = new Map(texts(en));
  for (const [path, text] of texts(zh)) expect(names(text), path).toEqual(names(english.get(path) ?? ""));
});

test("the first wanted language that the page speaks is spoken", () => {
  expect(choose(["zh-Hans-CN", "en"])).toBe("zh");
  expect(choose(["fr", "zh-CN", "en"])).toBe("zh");
  expect(choose(["de-AT", "en-GB"])).toBe("en");
  expect(choose([])).toBe("en");
});

test("names are filled in, unknown ones stay", () => {
  expect(fill("{a} of {b}", { a: 1 })).toBe("1 of {b}");
  expect(fill("{title}", { title: "$& {a}" })).toBe("$& {a}");
});
