import { describe, expect, it } from "vitest";

import { LANE } from "./link";
import { ChannelError, Joiner, cut, farewell, keyframeWanted, question, read, type Data } from "./pieces";

const bytes = (length: number, seed: number) => Uint8Array.from({ length }, (_, i) => i * 31 + seed);

function pieces(message: Uint8Array): Extract<Data, { is: "piece" }>[] {
  return [...cut(LANE.update, message)].map(read).map((data) => {
    if (data.is !== "piece") throw new Error("not cut");
    return data;
  });
}

describe("data channel messages", () => {
  it("carry what is short as it is", () => {
    const [only, ...others] = [...cut(LANE.input, bytes(300, 1))];
    expect(others).toEqual([]);
    expect(read(only!)).toEqual({ is: "whole", kind: LANE.input, body: bytes(300, 1) });
  });

  it("join what was cut, though messages alternate", () => {
    const messages = [bytes(20_000, 1), bytes(9_000, 2)];
    const cuts = messages.map((message, place) => pieces(message).map((piece) => ({ ...piece, place })));
    const joiner = new Joiner();
    const whole: Uint8Array[] = [];
    while (cuts.some(({ length }) => length > 0)) {
      for (const cut of cuts) {
        const piece = cut.shift();
        const message = piece && joiner.push(piece);
        if (message) whole.push(message);
      }
    }
    expect(whole).toEqual([messages[1], messages[0]]);
  });

  it("are the bytes that the host expects", () => {
    expect([...cut(LANE.control, Uint8Array.of(7, 8))]).toEqual([Uint8Array.of(0, 7, 8)]);
    const [first] = [...cut(LANE.control, bytes(10_000, 0))];
    expect([...first!.subarray(0, 8)]).toEqual([0x80, 0, 0, 0, 0x27, 0x10, 0, 31]);
    expect([...question("question", Uint8Array.of(1))]).toEqual([255, 1]);
    expect([...question("answer", Uint8Array.of(1))]).toEqual([254, 1]);
    expect([...farewell(2, "ä")]).toEqual([253, 2, 0xc3, 0xa4]);
    expect([...keyframeWanted(3)]).toEqual([252, 3]);
  });

  it("are refused when they break the rules", () => {
    const refused = (...wrong: number[]) => expect(() => read(Uint8Array.from(wrong))).toThrow(ChannelError);
    refused();
    refused(6, 1);
    refused(255, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    refused(0x83, 0, 0, 0, 1);
    const [first, second] = pieces(bytes(30_000, 1));
    const push = (...wrong: Extract<Data, { is: "piece" }>[]) =>
      expect(() => wrong.forEach((piece, _, __, joiner = joined) => joiner.push(piece))).toThrow(
        ChannelError,
      );
    let joined = new Joiner();
    push(first!, first!);
    joined = new Joiner();
    push({ ...first!, place: 16 });
    joined = new Joiner();
    push({ ...first!, remaining: 0x7fff_ffff });
    joined = new Joiner();
    push(first!, { ...second!, body: new Uint8Array(0) });
  });
});
