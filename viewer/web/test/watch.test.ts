import { describe, expect, test } from "vitest";

import { Stage, onFakeTime } from "./engine.fixture";
import { JOIN } from "./links.fixture";

onFakeTime();

describe("a link that falls silent", () => {
  /** Online, with a link on which something came last at the very beginning. */
  async function quiet(): Promise<Stage> {
    const stage = new Stage();
    await stage.online();
    stage.tell({ do: "looked-at", on: true });
    return stage;
  }

  test("is asked, and the page hears of it within some two seconds, and when it is over", async () => {
    const stage = await quiet();
    await stage.pass(1_000);
    expect(stage.link.ask).toHaveBeenCalled();
    expect(stage.heard("silence")).toEqual([]);
    await stage.pass(1_000);
    expect(stage.heard("silence")).toEqual([{ on: "silence", silent: true }]);
    expect(stage.state).toMatchObject({ is: "online" });
    stage.link.receivedBytes++;
    await stage.pass(250);
    expect(stage.heard("silence").at(-1)).toEqual({ on: "silence", silent: false });
  });

  test("may be silent for longer on a long path, but not without end", async () => {
    const stage = await quiet();
    stage.link.rtt = 10_000;
    await stage.pass(3_000);
    expect(stage.heard("silence")).toEqual([]);
    await stage.pass(500);
    expect(stage.heard("silence")).toEqual([{ on: "silence", silent: true }]);
  });

  test("is not silent as long as anything comes", async () => {
    const stage = await quiet();
    for (let second = 0; second < 10; second++) {
      stage.link.receivedBytes++;
      await stage.pass(1_000);
    }
    expect(stage.heard("silence")).toEqual([]);
  });

  test("is left alone while nobody looks", async () => {
    const stage = await quiet();
    stage.tell({ do: "looked-at", on: false });
    await stage.pass(8_000);
    expect(stage.link.ask).not.toHaveBeenCalled();
    stage.tell({ do: "looked-at", on: true });
    await stage.pass(1_500);
    expect(stage.heard("silence")).toEqual([]);
  });

  test("is over once the host is gone", async () => {
    const stage = await quiet();
    stage.seek.mockResolvedValue("gone");
    stage.join.mockRejectedValue(new Error("the host cannot be reached"));
    await stage.pass(3_000);
    expect(stage.state).toMatchObject({ is: "reconnecting", reason: "the host cannot be reached" });
  });

  test("looks for another way if the host is there", async () => {
    const stage = await quiet();
    stage.seek.mockResolvedValue("there");
    await stage.pass(5_000);
    expect(stage.link.networkChanged).toHaveBeenCalledOnce();
    expect(stage.state).toMatchObject({ is: "online" });
  });

  test("is over also if the host goes after it was found", async () => {
    const stage = await quiet();
    stage.seek.mockResolvedValue("there");
    await stage.pass(3_000);
    expect(stage.link.networkChanged).toHaveBeenCalledOnce();
    stage.seek.mockResolvedValue("gone");
    stage.join.mockRejectedValue(new Error("the host cannot be reached"));
    await stage.pass(1_000);
    expect(stage.state).toMatchObject({ is: "reconnecting" });
  });

  test("looks for another way in each silence, and seeks the host only while somebody looks", async () => {
    const stage = await quiet();
    stage.seek.mockResolvedValue("there");
    await stage.pass(3_000);
    stage.link.receivedBytes++;
    await stage.pass(3_000);
    expect(stage.link.networkChanged).toHaveBeenCalledTimes(2);
    stage.tell({ do: "looked-at", on: false });
    const sought = stage.seek.mock.calls.length;
    await stage.pass(5_000);
    expect(stage.seek).toHaveBeenCalledTimes(sought);
    expect(stage.seek).toHaveBeenCalledWith("https://host", JOIN.instance);
  });

  test("stays as it is for a while if nothing is known of the host, and is then given up", async () => {
    const stage = await quiet();
    stage.join.mockRejectedValue(new Error("the host cannot be reached"));
    await stage.pass(4_500);
    expect(stage.link.networkChanged).not.toHaveBeenCalled();
    expect(stage.state).toMatchObject({ is: "online" });
    await stage.pass(1_000);
    expect(stage.state).toMatchObject({ is: "reconnecting" });
  });

  test("is not given up while the host answers over HTTP", async () => {
    const stage = await quiet();
    stage.seek.mockResolvedValue("there");
    await stage.pass(8_000);
    expect(stage.state).toMatchObject({ is: "online" });
  });
});
