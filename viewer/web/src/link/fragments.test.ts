import { describe, expect, it } from "vitest";

import { LANE } from "../protocol/lane";
import { ChannelError, farewell, keyframeWanted, question, read, type Data } from "./channel-message";
import { Reassembler, fragmentsOf } from "./fragments";

const bytes = (length: number, seed: number) => Uint8Array.from({ length }, (_, i) => i * 31 + seed);

function cut(message: Uint8Array): Extract<Data, { is: "fragment" }>[] {
  return [...fragmentsOf(LANE.update, message)].map(read).map((data) => {
    if (data.is !== "fragment") throw new Error("not cut");
    return data;
  });
}

describe("data channel messages", () => {
  it("carry what is short as it is", () => {
    const [only, ...others] = [...fragmentsOf(LANE.input, bytes(300, 1))];
    expect(others).toEqual([]);
    expect(read(only!)).toEqual({ is: "whole", kind: LANE.input, body: bytes(300, 1) });
  });

  it("join what was cut, though messages alternate", () => {
    const messages = [bytes(20_000, 1), bytes(9_000, 2)];
    const cuts = messages.map((message, place) => cut(message).map((fragment) => ({ ...fragment, place })));
    const reassembler = new Reassembler();
    const whole: Uint8Array[] = [];
    while (cuts.some(({ length }) => length > 0)) {
      for (const cut of cuts) {
        const fragment = cut.shift();
        const message = fragment && reassembler.push(fragment);
        if (message) whole.push(message);
      }
    }
    expect(whole).toEqual([messages[1], messages[0]]);
  });

  it("are the bytes that the host expects", () => {
    expect([...fragmentsOf(LANE.control, Uint8Array.of(7, 8))]).toEqual([Uint8Array.of(0, 7, 8)]);
    const [first] = [...fragmentsOf(LANE.control, bytes(10_000, 0))];
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
    const [first, second] = cut(bytes(30_000, 1));
    const push = (...wrong: Extract<Data, { is: "fragment" }>[]) =>
      expect(() =>
        wrong.forEach((fragment, _, __, reassembler = joined) => reassembler.push(fragment)),
      ).toThrow(ChannelError);
    let joined = new Reassembler();
    push(first!, first!);
    joined = new Reassembler();
    push({ ...first!, place: 16 });
    joined = new Reassembler();
    push({ ...first!, remaining: 0x7fff_ffff });
    joined = new Reassembler();
    push(first!, { ...second!, body: new Uint8Array(0) });
  });
});
