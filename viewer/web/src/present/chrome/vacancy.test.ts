import { expect, test } from "vitest";
import { isVacant } from "./vacancy";

test("a desk is empty only when it is certain that nothing comes", () => {
  const empty = { online: true, told: true, shown: 0, coming: 0, starting: 0 };
  expect(isVacant(empty)).toBe(true);
  for (const more of [{ online: false }, { told: false }, { shown: 1 }, { coming: 1 }, { starting: 1 }])
    expect(isVacant({ ...empty, ...more }), JSON.stringify(more)).toBe(false);
});
