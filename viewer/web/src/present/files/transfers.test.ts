import { expect, test } from "vitest";

import { Transfers } from "./transfers";

const file = (name: string) => ({ file: new File(["abc"], name), path: name });

test("a few go at once, the others follow, and each says what became of it", async () => {
  let [now, most] = [0, 0];
  const transfers = new Transfers({
    bring: async (_file, path, _signal, progress) => {
      most = Math.max(most, ++now);
      await Promise.resolve();
      progress(3);
      now--;
      if (path === "b") throw new Error("the disk is full");
      return ["folder", path];
    },
  });
  let told = 0;
  const stop = transfers.listen(() => told++);
  const brought = await transfers.bring(["a", "b", "c", "d", "e"].map(file));
  stop();
  expect(brought.map(({ state }) => state)).toEqual(["done", "failed", "done", "done", "done"]);
  expect([brought[0]?.path, brought[1]?.why]).toEqual([["folder", "a"], "the disk is full"]);
  expect([most, transfers.active, told > 5]).toEqual([3, false, true]);
  transfers.clear();
  expect(transfers.all).toEqual([]);
});

test("what is cancelled ends, whether it has begun or waits", async () => {
  const transfers = new Transfers({
    bring: (_file, _path, signal) =>
      new Promise((_, fail) => signal.addEventListener("abort", () => fail(new Error("over")))),
  });
  const bringing = transfers.bring(["a", "b", "c", "d"].map(file));
  expect(transfers.all.map(({ state }) => state)).toEqual(["running", "running", "running", "waiting"]);
  for (const transfer of transfers.all) transfer.cancel();
  expect((await bringing).map(({ state }) => state)).toEqual(Array(4).fill("cancelled"));
});
