import { expect, test } from "vitest";
import { kindOf, search, sections, type Entry } from "./choice";

const app = (name: string, more: Partial<Entry> = {}): Entry => ({
  ...{ id: name.toLowerCase(), name, comment: "", categories: [], keywords: [] },
  ...more,
});
const names = (apps: readonly Entry[]) => apps.map(({ name }) => name);

test("finds by name before words, words before keywords, and those before what is said of an app", () => {
  const apps = [
    app("Notes", { comment: "A terminal for thoughts" }),
    app("Shell", { keywords: ["Terminal"] }),
    app("Xterminal"),
    app("Fast Terminal"),
    app("Terminal"),
  ];
  expect(names(search(apps, " TERM "))).toEqual(["Terminal", "Fast Terminal", "Xterminal", "Shell", "Notes"]);
  expect(search(apps, "nothing")).toEqual([]);
  expect(search(apps, "")).toHaveLength(5);
});

test("accents and case make no difference", () => {
  expect(names(search([app("Éditeur"), app("Übersicht")], "editeur"))).toEqual(["Éditeur"]);
  expect(names(search([app("Éditeur"), app("Übersicht")], "ÜBER"))).toEqual(["Übersicht"]);
});

test("shows each app once: favourites, those used lately, then kinds; few without headings", () => {
  const many = Array.from({ length: 30 }, (_, n) =>
    app(`App ${n}`, { categories: n % 2 === 0 ? ["Office"] : ["Game"] }),
  );
  const all = sections(many, ["app 3", "gone"], ["app 3", "app 4"]);
  expect(all.map(({ heading }) => heading)).toEqual(["favourites", "recent", "office", "games"]);
  expect(all.flatMap(({ apps }) => apps)).toHaveLength(30);
  expect(new Set(all.flatMap(({ apps }) => apps.map(({ id }) => id))).size).toBe(30);
  expect(sections(many.slice(0, 5), [], [])).toEqual([{ heading: null, apps: many.slice(0, 5) }]);
});

test("a kind is the first that fits; of none it is another", () => {
  expect(kindOf({ categories: ["GTK", "Utility", "Network"] })).toBe("internet");
  expect(kindOf({ categories: [] })).toBe("other");
});
