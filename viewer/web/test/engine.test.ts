import { describe, expect, test } from "vitest";

import { NotLetIn } from "../src/link/join";
import { LANE } from "../src/protocol/lane";
import type { RefusalCode } from "../src/protocol/types";
import { encode, toViewer } from "../src/protocol/wire";
import { FakeCanvas } from "./canvas.fixture";
import { Stage, onFakeTime } from "./engine.fixture";
import { JOIN } from "./links.fixture";
import { KEY, RESUME_ID, TRACK, update, window } from "./session.fixture";

onFakeTime();

describe("a first link", () => {
  test("is greeted with the right to join, and the page hears why it is this one", async () => {
    const stage = new Stage();
    await stage.online();
    expect(stage.told()[0]).toMatchObject({ Hello: { ticket: "ticket", agent: "test", video: ["h264"] } });
    expect(stage.states).toMatchObject([
      { is: "connecting", tried: [] },
      { is: "online", session: "main", role: "control", transport: "webtransport" },
    ]);
    expect(stage.heard("window").map(({ window: it }) => it.track)).toEqual([TRACK]);
  });

  test("is of a transport that the page allows", async () => {
    const stage = new Stage();
    await stage.start(["websocket"]);
    expect(stage.link.transport).toBe("websocket");
    expect(stage.best.open).not.toHaveBeenCalled();
  });

  test("that cannot be made is tried again, and the page hears of what was tried", async () => {
    const stage = new Stage();
    stage.join.mockRejectedValueOnce(new Error("the host cannot be reached"));
    await stage.start();
    expect(stage.state).toEqual({ is: "connecting", tried: [] });
    await stage.pass(200);
    expect(stage.told()[0]).toHaveProperty("Hello");
  });

  test("waits for the decompressor, which is loaded again if that failed", async () => {
    const stage = new Stage();
    stage.zstd.mockRejectedValueOnce(new Error("the network is gone"));
    await stage.online();
    stage.draw(update(1));
    expect(stage.heard("picture")).toHaveLength(1);
    expect(stage.zstd).toHaveBeenCalledTimes(2);
  });

  test("whose host says nothing is given up for another transport", async () => {
    const stage = new Stage();
    await stage.start();
    expect(stage.link.transport).toBe("webtransport");
    await stage.pass(5_300);
    expect(stage.best.links[0]?.closedWith).toContain("does not answer");
    expect(stage.link.transport).toBe("websocket");
  });
});

describe("the end", () => {
  test("is told when the host does not let this page in", async () => {
    const stage = new Stage();
    stage.join.mockRejectedValue(new NotLetIn("this link was used already"));
    await stage.start();
    await stage.pass(10_000);
    expect(stage.state).toEqual({ is: "ended", why: "failed", message: "this link was used already" });
    expect(stage.join).toHaveBeenCalledOnce();
  });

  const refusal = (code: RefusalCode) => ({ Refused: { code, message: `because of ${code}` } });

  test("is a refusal of the version; one for now is not", async () => {
    const refused = new Stage();
    await refused.start();
    refused.say(refusal("version"));
    await refused.pass(1_000);
    expect(refused.state).toEqual({ is: "ended", why: "failed", message: "because of version" });
    const replaced = new Stage();
    await replaced.online();
    replaced.say(refusal("replaced"));
    await replaced.pass(1_000);
    expect(replaced.state, "two with one key would take turns").toMatchObject({ is: "ended" });
    for (const code of ["full", "overflow", "ticket-expired"] as const) {
      const stage = new Stage();
      await stage.online();
      stage.say(refusal(code));
      await stage.pass(50);
      expect(stage.state).toEqual({ is: "reconnecting", reason: `because of ${code}`, attempt: 1 });
    }
  });

  test("is the owner's wish, for good", async () => {
    const stage = new Stage();
    await stage.online();
    stage.say(refusal("removed"));
    await stage.pass(60_000);
    expect(stage.state).toEqual({ is: "ended", why: "removed", message: "because of removed" });
    expect(stage.join).toHaveBeenCalledOnce();
  });

  test("is the session's, which says why", async () => {
    const stage = new Stage();
    await stage.online();
    stage.say({ Goodbye: { reason: "the session ends" } });
    await stage.pass(50);
    expect(stage.state).toEqual({ is: "ended", why: "session-over", message: "the session ends" });
  });

  test("is the user's wish: keys are released before the farewell", async () => {
    const stage = new Stage();
    await stage.online();
    stage.tell({ do: "input", at: performance.timeOrigin + performance.now(), track: TRACK, event: KEY });
    stage.tell({ do: "leave" });
    await stage.pass(50);
    expect(stage.inputs().map(({ event }) => event)).toEqual([KEY, { Key: { key: 30, pressed: false } }]);
    expect(stage.told().at(-1)).toBe("Goodbye");
    expect(stage.link.closedWith).toBe("");
    await stage.pass(10_000);
    expect(stage.state).toEqual({ is: "ended", why: "left", message: "" });
    expect(stage.best.links).toHaveLength(1);
  });

  test("can be wished while a link is being made", async () => {
    const stage = new Stage();
    stage.tell({ do: "start", origin: "https://host", language: "en", only: null, key: RESUME_ID });
    await stage.pass(2);
    stage.tell({ do: "leave" });
    await stage.pass(10_000);
    expect(stage.state).toMatchObject({ is: "ended", why: "left" });
    expect(stage.best.links.every(({ sent }) => sent.length === 0)).toBe(true);
  });

  test("can be wished while there is no link", async () => {
    const stage = new Stage();
    await stage.online();
    stage.join.mockRejectedValue(new Error("the host cannot be reached"));
    stage.breakLink();
    await stage.pass(1_000);
    stage.tell({ do: "leave" });
    await stage.pass(10);
    expect(stage.state).toMatchObject({ is: "ended", why: "left" });
  });
});

describe("a link that breaks", () => {
  test("loses nothing: what was typed meanwhile goes out over the next, by whose host the viewer is known", async () => {
    const stage = new Stage();
    await stage.online();
    const [first] = stage.told();
    const type = (text: string) =>
      stage.tell({
        do: "input",
        at: performance.timeOrigin + performance.now(),
        track: TRACK,
        event: { Text: { text } },
      });
    type("a");
    stage.breakLink();
    type("b");
    await stage.pass(300);
    const [second] = stage.told();
    expect(first).toMatchObject({ Hello: { resume: { key: RESUME_ID, began: null } } });
    expect(second).toMatchObject({ Hello: { resume: { key: RESUME_ID, began: 1, since: 0 } } });
    stage.welcome(0);
    type("c");
    expect(stage.inputs().map(({ id, event }) => [id, event])).toEqual([
      [1, { Text: { text: "a" } }],
      [2, { Text: { text: "b" } }],
      [3, { Text: { text: "c" } }],
    ]);
  });

  test("is made again; the windows stay, and what a dead link says late is not heard", async () => {
    const stage = new Stage();
    await stage.online();
    const old = stage.link;
    stage.breakLink("the network is gone");
    await stage.pass(50);
    expect(stage.state).toEqual({ is: "reconnecting", reason: "the network is gone", attempt: 1 });
    await stage.pass(200);
    stage.welcome();
    expect(stage.state).toMatchObject({ is: "online", transport: "websocket" });
    old.handler.closed({ kind: "lost", message: "late" });
    old.handler.message(LANE.control, encode(toViewer, { Goodbye: { reason: "late" } }));
    await stage.pass(50);
    expect(stage.state).toMatchObject({ is: "online" });
    expect(stage.heard("window-gone")).toEqual([]);
  });

  test("after a long life is made again over the same transport", async () => {
    const stage = new Stage();
    await stage.online();
    for (let second = 0; second < 20; second++) {
      stage.link.receivedBytes++;
      await stage.pass(1_000);
    }
    stage.breakLink();
    await stage.pass(200);
    stage.welcome();
    expect(stage.state).toMatchObject({ is: "online", transport: "webtransport" });
  });

  test("is tried again less and less often, and at once when the machine wakes", async () => {
    const stage = new Stage();
    await stage.online();
    stage.join.mockClear().mockRejectedValue(new Error("the host cannot be reached"));
    stage.breakLink();
    await stage.pass(10_000);
    const tries = stage.join.mock.calls.length;
    expect(tries).toBeGreaterThanOrEqual(7);
    expect(tries).toBeLessThanOrEqual(9);
    expect(stage.state).toMatchObject({ is: "reconnecting", reason: "the host cannot be reached" });
    stage.join.mockResolvedValue(JOIN);
    stage.tell({ do: "network-changed" });
    await stage.pass(20);
    stage.welcome();
    expect(stage.state).toMatchObject({ is: "online" });
    stage.tell({ do: "network-changed" });
    expect(stage.link.networkChanged).toHaveBeenCalledOnce();
  });

  test("ends for good, if the host breaks the protocol; by messages of the future it does not", async () => {
    const stage = new Stage();
    await stage.online();
    const link = stage.link;
    stage.bytes(LANE.control, Uint8Array.of(0x81, 0xa3, 0x4e, 0x65, 0x77, 0xc0));
    await stage.pass(10);
    expect(stage.state).toMatchObject({ is: "online" });
    stage.bytes(LANE.update, Uint8Array.of(0xc1));
    await stage.pass(10);
    expect(link.closedWith).toContain("the host broke the protocol");
    await stage.pass(60_000);
    const message = expect.stringContaining("the host broke the protocol: ") as string;
    expect(stage.state).toEqual({ is: "ended", why: "failed", message });
    expect(stage.best.links.length + stage.other.links.length).toBe(1);
  });
});

describe("pictures", () => {
  const solid = (rect: { x: number; y: number; w: number; h: number }) => ({
    Tile: { rect, coding: "solid" as const, data: Uint8Array.of(1, 2, 3, 255) },
  });

  test("are drawn at once, and the host is told when they were shown", async () => {
    const stage = new Stage();
    await stage.online();
    stage.draw(update(1, { ops: [solid({ x: 1, y: 2, w: 3, h: 1 })] }));
    expect(FakeCanvas.made[0]).toMatchObject({ width: 4, height: 3 });
    expect(FakeCanvas.made[0]?.drawn).toContainEqual(["fillRect", 1, 2, 3, 1]);
    expect(stage.heard("picture")).toEqual([
      { on: "picture", track: TRACK, size: { w: 4, h: 3 }, exact: true },
    ]);
    await stage.pass(6);
    const [told] = stage.feedback();
    expect(told).toMatchObject({ track: TRACK, update: 1 });
    expect(told?.presented_at).toBeGreaterThanOrEqual((told?.decoded_at ?? 0) + 5_000);
  });

  test("move to the canvas that the page gives", async () => {
    const stage = new Stage();
    await stage.online();
    stage.draw(update(1));
    const canvas = new FakeCanvas(1, 1);
    stage.tell({
      do: "canvas",
      track: TRACK,
      canvas: canvas as unknown as OffscreenCanvas,
      translucent: false,
    });
    expect(canvas).toMatchObject({ width: 4, height: 3 });
    expect(canvas.drawn).toEqual([["drawImage", 0, 0]]);
    stage.draw(update(2, { ops: [solid({ x: 0, y: 0, w: 1, h: 1 })] }));
    expect(canvas.drawn.at(-1)).toEqual(["fillRect", 0, 0, 1, 1]);
  });

  test("that break a rule end the link for good", async () => {
    const stage = new Stage();
    await stage.online();
    const link = stage.link;
    stage.draw(update(1, { ops: [solid({ x: 2, y: 0, w: 3, h: 1 })] }));
    await stage.pass(10);
    expect(link.closedWith).toContain("outside of its picture");
    await stage.pass(60_000);
    expect(stage.state).toMatchObject({ is: "ended", why: "failed" });
    expect(stage.best.links.length + stage.other.links.length).toBe(1);
  });

  test("that the browser loses are asked for anew", async () => {
    const stage = new Stage();
    await stage.online();
    stage.draw(update(1));
    FakeCanvas.made[0]?.oncontextlost?.();
    await stage.pass(300);
    stage.welcome();
    expect(stage.best.links.length + stage.other.links.length).toBe(2);
  });

  test("can be read by the page, within their bounds", async () => {
    const stage = new Stage();
    await stage.online();
    stage.draw(update(1));
    stage.tell({ do: "pixels", request: 5, track: TRACK, rect: { x: 0, y: 0, w: 2, h: 1 } });
    stage.tell({ do: "pixels", request: 6, track: TRACK, rect: { x: 3, y: 0, w: 2, h: 1 } });
    expect(stage.heard("pixels").map(({ request, rgba }) => [request, rgba?.length])).toEqual([
      [5, 8],
      [6, undefined],
    ]);
  });
});

test("wishes keep the page's own numbers", async () => {
  const stage = new Stage();
  await stage.online();
  const configure = {
    serial: 40,
    size: null,
    scale: 120,
    maximized: true,
    fullscreen: false,
    resizing: false,
  };
  stage.tell({ do: "configure", track: TRACK, configure });
  expect(stage.told().at(-1)).toEqual({ Configure: { track: TRACK, configure } });
  stage.say({ Window: window(TRACK, { configured: 40 }) });
  expect(stage.heard("window").at(-1)?.window.configured).toBe(40);
});

test("requests for the clipboard keep the page's own numbers, also when they cannot be asked", async () => {
  const stage = new Stage();
  stage.tell({ do: "read-clipboard", request: 70, mime: "text/plain" });
  await stage.online();
  stage.tell({ do: "read-clipboard", request: 71, mime: "text/plain" });
  const data = Uint8Array.of(1, 2);
  stage.say({ Clipboard: { Content: { request: 71, data, last: true } } });
  expect(stage.heard("clipboard-content")).toEqual([
    { on: "clipboard-content", request: 70, data: null },
    { on: "clipboard-content", request: 71, data },
  ]);
});

test("figures come once a second while somebody looks", async () => {
  const stage = new Stage();
  await stage.online();
  stage.draw(update(1));
  stage.tell({ do: "report", on: true });
  await stage.pass(2_000);
  stage.tell({ do: "report", on: false });
  await stage.pass(5_000);
  const reports = stage.heard("report").map(({ report }) => report);
  expect(reports).toHaveLength(3);
  expect(reports[0]).toMatchObject({ transport: "webtransport", updates: 1 });
  expect(reports[0]?.stages.map(({ stage: it }) => it)).toContain("received");
});
