import { expect, test } from "vitest";
import { STAGES } from "../../session/latency";
import { en } from "../../language/en";
import { explain, STAGES_IN_ORDER } from "./explain";

const figures = (p50: Record<string, number>) =>
  Object.entries(p50).map(([stage, value]) => ({ stage, p50: value, p95: value * 2, count: 5 }));

test("what takes most of the time is named, both ways of the network together", () => {
  expect(explain(figures({ input: 20, received: 22, captured: 30 }))).toBe("network");
  expect(explain(figures({ input: 5, received: 6, captured: 30 }))).toBe("app");
  expect(explain(figures({ sent: 80, received: 40, input: 20 }))).toBe("queue");
  expect(explain(figures({ decoded: 20, presented: 15, received: 20 }))).toBe("here");
});

test("short is short, and sums of stages count for nothing by themselves", () => {
  expect(explain(figures({ input: 2, received: 3, captured: 4 }))).toBe("fast");
  expect(explain(figures({ input_to_presented: 500 }))).toBe("fast");
  expect(explain([])).toBe("fast");
});

test("every stage that the engine reports has a name", () => {
  expect(Object.keys(en.panel.stages)).toEqual([...STAGES]);
  expect(STAGES.slice(0, STAGES_IN_ORDER.length)).toEqual(STAGES_IN_ORDER);
});
