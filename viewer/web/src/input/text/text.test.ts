import { beforeEach, describe, expect, it } from "vitest";
import { SEED, type Showing } from "./compose";
import { FakePage, happen, real, type FakeElement } from "../page.fixture";
import { TextField } from "./text";

let page: FakePage;
let parent: FakeElement;
let told: string[];
let showing: Showing;
let field: TextField;
let element: FakeElement;

beforeEach(() => {
  page = new FakePage();
  parent = page.createElement();
  parent.box = { left: 10, top: 100, width: 300, height: 200 };
  [told, showing] = [[], "app"];
  const host = {
    text: (text: string) => told.push(text),
    tap: (code: string) => told.push(`<${code}>`),
    preedit: (text: string) => told.push(`(${text})`),
    showing: () => showing,
  };
  field = new TextField({
    document: page.real,
    parent: real(parent),
    writes: () => true,
    label: "Keyboard input",
    host,
  });
  element = field.element as unknown as FakeElement;
});

/** An editor changes the field: `text` is behind the seed now, and the cursor behind it. */
function change(text: string, inputType = "insertText"): void {
  element.value = SEED + text;
  element.setSelectionRange(element.value.length, element.value.length);
  happen(element, "input", { inputType });
}

const seen = () => element.style.opacity !== "0";

describe("the field that has the keyboard", () => {
  it("is named, unseen, and asks for no help with words", () => {
    expect(parent.children).toEqual([element]);
    expect(seen()).toBe(false);
    const attributes = ["aria-label", "autocomplete", "autocorrect", "autocapitalize", "spellcheck"];
    expect(attributes.map((name) => element.getAttribute(name))).toEqual([
      "Keyboard input",
      "off",
      "off",
      "off",
      "false",
    ]);
  });

  it("stands at the app's caret", () => {
    field.place({ x: 60.4, y: 130.6, height: 17.2 });
    expect(element.style).toMatchObject({ left: "50px", top: "31px", height: "17px" });
  });

  it("stays within its parent, wherever the app says its caret is", () => {
    field.place({ x: -1e9, y: 1e9, height: 0 });
    expect(element.style).toMatchObject({ left: "0px", top: "199px", height: "1px" });
    parent.box = { left: 0, top: 0, width: 0, height: 0 };
    field.place({ x: 5, y: 5, height: 20 });
    expect(element.style).toMatchObject({ left: "0px", top: "0px" });
  });

  it("opens a soft keyboard only when it is asked to, by taking the focus anew", () => {
    field.focus();
    expect([field.focused, field.soft]).toEqual([true, false]);
    let focused = 0;
    element.addEventListener("focus", () => focused++);
    field.soft = true;
    expect([field.focused, field.soft, focused]).toEqual([true, true, 1]);
    field.soft = true;
    expect(focused).toBe(1);
    field.soft = false;
    expect([field.focused, field.soft, focused]).toEqual([true, false, 2]);
  });

  it("goes from the page", () => {
    field.remove();
    expect(parent.children).toEqual([]);
  });
});

describe("what is typed into the field", () => {
  it("is told, and always has something before it that can be deleted", () => {
    change("hi");
    element.value = SEED.slice(1);
    happen(element, "input", { inputType: "deleteContentBackward" });
    expect(told).toEqual(["hi", "<Backspace>", "<Backspace>", "<Backspace>"]);
    expect(element.value).toBe(SEED);
    expect(element.selectionEnd).toBe(SEED.length);
  });

  it("is forgotten where a line ends, and when the app's caret goes elsewhere", () => {
    change("ls\n");
    expect([told, element.value]).toEqual([["ls", "<Enter>"], SEED]);
    change("word");
    field.empty();
    expect(element.value).toBe(SEED);
    change("s");
    expect(told.slice(2)).toEqual(["word", "s"]);
  });

  it("is typed: what would change it in another way does not happen", () => {
    const prevented = (inputType: string) => happen(element, "beforeinput", { inputType }).defaultPrevented;
    const others = ["historyUndo", "formatBold", "insertFromDrop", "insertFromPaste", "deleteByCut"];
    expect(others.filter((type) => !prevented(type))).toEqual([]);
    const typing = ["insertText", "insertCompositionText", "insertLineBreak", "deleteContentBackward"];
    expect(typing.filter(prevented)).toEqual([]);
  });

  it("is taken up at its end, wherever the browser left the cursor", () => {
    element.setSelectionRange(0, 0);
    field.focus();
    expect(element.selectionStart).toBe(SEED.length);
  });
});

describe("a composition", () => {
  const start = () => happen(element, "compositionstart", { data: "" });
  const end = () => happen(element, "compositionend");

  it("is told as it grows, and its end is text", () => {
    start();
    expect(field.composing).toBe(true);
    change("ni", "insertCompositionText");
    change("你", "insertCompositionText");
    end();
    expect(told).toEqual(["(ni)", "(你)", "你"]);
    expect(field.composing).toBe(false);
  });

  it("is seen in the field only where nobody else shows it, and until it is over", () => {
    start();
    expect(seen()).toBe(false);
    end();
    showing = "field";
    start();
    expect([seen(), element.classes.has("composing")]).toEqual([true, true]);
    end();
    expect([seen(), element.classes.has("composing")]).toEqual([false, false]);
  });

  it("is not disturbed by a caret that moves", () => {
    start();
    change("ni", "insertCompositionText");
    field.empty();
    expect(element.value).toBe(`${SEED}ni`);
  });

  it("is not taken back where WebKit takes it out to put in what is to stay", () => {
    start();
    change("ni", "insertCompositionText");
    change("", "deleteCompositionText");
    change("你", "insertFromComposition");
    expect(told).toEqual(["(ni)"]);
    end();
    expect(told).toEqual(["(ni)", "你"]);
  });

  it("is what it is when the focus goes, in engines that do not say so, too", () => {
    showing = "field";
    field.focus();
    start();
    change("ni", "insertCompositionText");
    element.blur();
    expect(told).toEqual(["ni"]);
    expect([field.composing, seen(), element.value]).toEqual([false, false, SEED]);
  });
});
