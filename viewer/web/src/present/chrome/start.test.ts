import { expect, test } from "vitest";
import { search } from "./start";

const app = (id: string, name: string, comment = "") => ({ id, name, comment, icon: null, categories: [] });
const APPS = [
  app("org.example.Calc", "Calculator", "Sums and more"),
  app("gedit", "Text Editor"),
  app("xterm", "XTerm", "Standard terminal"),
  app("term", "Terminal"),
];
const found = (wanted: string) => search(APPS, wanted).map(({ id }) => id);

test("names that begin so come first, then words, then all else", () => {
  expect(found("ter")).toEqual(["term", "xterm"]);
  expect(found("te")).toEqual(["gedit", "term", "xterm"]);
  expect(found("editor")).toEqual(["gedit"]);
  expect(found("sums")).toEqual(["org.example.Calc"]);
});

test("without a wish all are there, with an odd one none", () => {
  expect(found("")).toHaveLength(4);
  expect(found("zzz")).toEqual([]);
});
