import { beforeEach, describe, expect, it } from "vitest";
import { Composer, inBytes, SEED, type Showing } from "./compose";

let sent: string[];
let showing: Showing;
let composer: Composer;

beforeEach(() => {
  sent = [];
  showing = "app";
  composer = new Composer({
    text: (text) => sent.push(text),
    tap: (code) => sent.push(`<${code}>`),
    preedit: (text, [begin, end]) => sent.push(`(${text} ${begin}-${end})`),
    showing: () => showing,
  });
});

/** An event as it was recorded, with what the field held after it. */
type Recorded = readonly ["start", string] | readonly ["input" | "end", string];

/** Plays a recording; the cursor is at the end. */
function play(...recording: Recorded[]): string[] {
  sent = [];
  for (const [what, text] of recording) {
    const end = SEED.length + text.length;
    if (what === "start") composer.start(text);
    else if (what === "input") composer.change(SEED + text, [end, end]);
    else composer.end(SEED + text);
  }
  return sent;
}

describe("typing on a soft keyboard", () => {
  it("sends what comes, and backspaces for what goes", () => {
    expect(play(["input", "h"], ["input", "hi"], ["input", "h"], ["input", ""])).toEqual([
      "h",
      "i",
      "<Backspace>",
      "<Backspace>",
    ]);
  });

  it("deletes before its own beginning, too", () => {
    composer.change(SEED.slice(2), [14, 14]);
    expect(sent).toEqual(["<Backspace>", "<Backspace>"]);
    expect(composer.stale).toBe(true);
    composer.reset();
    expect(composer.stale).toBe(false);
    expect(play(["input", "a"])).toEqual(["a"]);
  });

  it("corrects words as keyboards do", () => {
    expect(play(["input", "teh"], ["input", "the "])).toEqual(["teh", "<Backspace>", "<Backspace>", "he "]);
    expect(play(["input", "the. "])).toEqual(["<Backspace>", ". "]);
  });

  it("ends lines by keys", () => {
    expect(play(["input", "ls\n"])).toEqual(["ls", "<Enter>"]);
    expect(composer.stale).toBe(true);
    composer.reset();
    expect(play(["input", "a\nb"])).toEqual(["a", "<Enter>", "b"]);
  });

  it("takes back whole characters, however many numbers they are", () => {
    expect(play(["input", "👨‍👩‍👧é"], ["input", ""])).toEqual(["👨‍👩‍👧é", "<Backspace>", "<Backspace>"]);
    expect(play(["input", "😀"], ["input", "😁"])).toEqual(["😀", "<Backspace>", "😁"]);
  });

  it("of long texts begins anew", () => {
    play(["input", "x".repeat(300)]);
    expect(composer.stale).toBe(true);
  });
});

describe("composing", () => {
  // Recorded: ibus-libpinyin in Chromium, 你好 from "nihao".
  const chromium: Recorded[] = [
    ["start", ""],
    ["input", "n"],
    ["input", "ni"],
    ["input", "nihao"],
    ["input", "你好"],
    ["end", "你好"],
  ];

  it("is shown by the app, and its end is the text alone", () => {
    expect(play(...chromium)).toEqual(["(n 1-1)", "(ni 2-2)", "(nihao 5-5)", "(你好 2-2)", "你好"]);
  });

  it("is the same in Firefox, which tells the end before the last change", () => {
    expect(play(...chromium.slice(0, 4), ["end", "你好"], ["input", "你好"])).toEqual([
      "(n 1-1)",
      "(ni 2-2)",
      "(nihao 5-5)",
      "你好",
    ]);
  });

  it("is the same if the text comes only after the end", () => {
    expect(play(["start", ""], ["input", "ni"], ["end", ""], ["input", "你"])).toEqual([
      "(ni 2-2)",
      "( 0-0)",
      "你",
    ]);
  });

  it("that is given up leaves nothing", () => {
    expect(play(["start", ""], ["input", "ni"], ["input", ""], ["end", ""])).toEqual([
      "(ni 2-2)",
      "( 0-0)",
      "( 0-0)",
    ]);
  });

  it("goes on behind what was typed before", () => {
    play(["input", "ab"]);
    expect(play(["start", ""], ["input", "abか"], ["input", "ab漢"], ["end", "ab漢"])).toEqual([
      "(か 1-1)",
      "(漢 1-1)",
      "漢",
    ]);
  });

  it("tells where its cursor is", () => {
    composer.start("");
    composer.change(`${SEED}かんじ`, [SEED.length + 1, SEED.length + 3]);
    composer.change(`${SEED}かんじ`, [SEED.length + 1, SEED.length + 3]);
    expect(sent).toEqual(["(かんじ 1-3)"]);
  });

  it("is typed at once where the app cannot show it, and what changes is taken back", () => {
    showing = "typing";
    expect(
      play(["start", ""], ["input", "l"], ["input", "ls"], ["input", "l"], ["end", "l"], ["input", "l "]),
    ).toEqual(["l", "s", "<Backspace>", " "]);
  });

  it("is kept in the field if it would be wrong until it is done", () => {
    showing = "field";
    composer.start("");
    expect(composer.visible).toBe(true);
    expect(play(["input", "ni"], ["end", "你"])).toEqual(["你"]);
    expect(composer.visible).toBe(false);
  });

  it("that takes up a word again changes that word", () => {
    play(["input", "hello "]);
    // Recorded: Gboard after a backspace behind a word.
    expect(play(["input", "hello"], ["start", "hello"], ["input", "help"], ["end", "help"])).toEqual([
      "<Backspace>",
      "<Backspace>",
      "<Backspace>",
      "p",
    ]);
  });

  it("is not disturbed by being long", () => {
    composer.start("");
    composer.change(SEED + "x".repeat(300), [0, 0]);
    expect(composer.stale).toBe(false);
  });

  it("with dead keys is a text", () => {
    expect(play(["start", ""], ["input", "´"], ["input", "é"], ["end", "é"])).toEqual([
      "(´ 1-1)",
      "(é 1-1)",
      "é",
    ]);
    // Windows tells nothing but the result.
    expect(play(["input", "éê"])).toEqual(["ê"]);
  });
});

describe("cursors", () => {
  it("are counted in bytes, and never within a character", () => {
    expect(inBytes("aäか😀", [1, 3])).toEqual([1, 6]);
    expect(inBytes("😀", [0, 1])).toEqual([0, 0]);
    expect(inBytes("😀", [2, 2])).toEqual([4, 4]);
  });
});
