import { expect, test } from "vitest";
import type { Command } from "../../link/vocabulary";
import { Seat } from "./seat";

function seat(): { seat: Seat; sent: Command[]; done: string[] } {
  const sent: Command[] = [];
  return { seat: new Seat((command) => sent.push(command)), sent, done: [] };
}

const lay = (): void => {};

test("what needs the seat is done when it is here, after windows are laid out, and once", () => {
  const { seat: ours, sent, done } = seat();
  ours.take(() => done.push("maximise"));
  expect(sent).toEqual([{ do: "take-seat" }]);
  expect(done).toEqual([]);
  ours.heard(true, () => done.push("lay"));
  expect(done).toEqual(["lay", "maximise"]);
  ours.heard(true, lay);
  ours.take(() => done.push("restore"));
  expect(done).toEqual(["lay", "maximise", "restore"]);
  expect(sent).toHaveLength(1);
});

test("what was refused is not done later", () => {
  const { seat: ours, done } = seat();
  ours.take(() => done.push("maximise"));
  ours.heard(false, lay);
  ours.heard(true, lay);
  expect(done).toEqual([]);
});

test("who may only look asks for nothing", () => {
  const { seat: ours, sent } = seat();
  ours.attainable = false;
  ours.take();
  expect(sent).toEqual([]);
  ours.heard(true, lay);
  expect(ours.held).toBe(false);
});
