import { expect, test } from "vitest";
import { Places, type Place, type Store } from "./places";

function store(content: string | null = null): Store & { content: string | null } {
  return {
    content,
    getItem() {
      return this.content;
    },
    setItem(_key, value) {
      this.content = value;
    },
  };
}

const place = (x: number): Place => ({
  normal: { x, y: 2 },
  size: { w: 300, h: 200 },
  mode: "normal",
  minimised: false,
});

function begun(session: string, kept: Store): Places {
  const places = new Places(kept);
  places.begin(session);
  return places;
}

test("who comes back to a session finds windows where they were", () => {
  const kept = store();
  begun("a", kept).note(7, place(40));
  expect(begun("a", kept).of(7)).toEqual(place(40));
});

test("another session's windows are others, whatever their numbers", () => {
  const kept = store();
  begun("a", kept).note(7, place(40));
  expect(begun("b", kept).of(7)).toBeUndefined();
});

test("what is gone is forgotten, and what is kept has a bound", () => {
  const kept = store();
  const places = begun("a", kept);
  for (let track = 1; track <= 500; track++) places.note(track, place(track));
  places.forget(500);
  const again = begun("a", kept);
  expect(again.of(500)).toBeUndefined();
  expect(again.of(499)).toEqual(place(499));
  expect(again.of(1)).toBeUndefined();
});

test("nonsense in the store is no place", () => {
  for (const content of [
    "{",
    "null",
    '{"session":"a"}',
    '{"session":"a","windows":[[1],[2,{"normal":{"x":1e9}}],3]}',
  ])
    expect(begun("a", store(content)).of(2)).toBeUndefined();
});

test("a browser that keeps nothing does no harm", () => {
  const places = begun("a", null as unknown as Store);
  places.note(1, place(3));
  expect(places.of(1)).toEqual(place(3));
});

test("sessions of several hosts are remembered beside each other", () => {
  const items = new Map<string, string>();
  const kept: Store = {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
  };
  const places = (origin: string) => new Places(kept, origin);
  for (const [origin, x] of [
    ["", 40],
    ["https://b.example", 80],
  ] as const) {
    const one = places(origin);
    one.begin("main");
    one.note(7, place(x));
  }
  const again = places("");
  again.begin("main");
  expect(again.of(7)).toEqual(place(40));
});
