import { expect, test } from "vitest";
import { Habits } from "./habits";
import { store } from "./store.fixture";

test("what was used lately comes first, each once, and few", () => {
  const kept = store();
  const habits = new Habits(kept);
  for (const id of ["a", "b", "c", "d", "e", "f", "b"]) habits.used(id);
  expect(habits.recent).toEqual(["b", "f", "e", "d", "c"]);
  expect(new Habits(kept).recent).toEqual(habits.recent);
});

test("an app is a favourite until it is none", () => {
  const habits = new Habits(store());
  habits.toggle("a");
  habits.toggle("b");
  habits.toggle("a");
  expect([habits.favourites, habits.likes("a"), habits.likes("b")]).toEqual([["b"], false, true]);
});

test("what a browser kept may be anything", () => {
  for (const text of ["", "null", "[]", "{", '{"recent":7,"favourites":[1,"a"]}', '{"recent":["x"]}']) {
    const habits = new Habits(store(text));
    expect([...habits.favourites, ...habits.recent].every((id) => typeof id === "string")).toBe(true);
  }
  expect(new Habits(null).recent).toEqual([]);
});
