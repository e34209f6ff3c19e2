import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

import type { InputEvent } from "../src/protocol/types";
import { isSound } from "../src/session/input";
import { isMotion, releases } from "../src/session/journal";

interface Judged {
  name: string;
  event: InputEvent;
  sound: boolean;
  motion: boolean;
  releases: boolean;
}

const file = new URL("../../../protocol/vectors/input_bounds.json", import.meta.url);
const all: Judged[] = JSON.parse(readFileSync(file, "utf8"));

test.each(all)("$name is judged as the host judges it", (judged) => {
  const { event, name } = judged;
  const ours = { name, event, sound: isSound(event), motion: isMotion(event), releases: releases(event) };
  expect(ours).toEqual(judged);
});

test("what is no number is over the bounds", () => {
  for (const x of [NaN, Infinity, -Infinity]) {
    expect(isSound({ Motion: { position: { x, y: 0 } } })).toBe(false);
    expect(isSound({ RelativeMotion: { dx: 0, dy: x } })).toBe(false);
  }
});
