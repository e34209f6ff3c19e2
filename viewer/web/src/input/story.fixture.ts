/** Stories about the input of one document: what happens on its page, and what the engine hears of it. */

import type { ClipboardInput } from "../clipboard";
import type { Command, State } from "../link/vocabulary";
import type { TextInput, TrackId } from "../protocol/types";
import { SEED } from "./text/compose";
import { Gate } from "./keyboard/gate";
import { Input, KeyboardHolder, type InputOptions } from "./input";
import { Layout } from "./keyboard/layout";
import { FakePage, happen, real, type FakeElement } from "./page.fixture";

/** A page with an `Input`, and what the engine and the clipboard hear of it. */
export class Story {
  readonly page = new FakePage();
  readonly parent = this.page.createElement();
  readonly sent: Command[] = [];
  /** What the rest of the page was told, in order. */
  readonly told: string[] = [];
  /** Keys that the page keeps. */
  keeps = "";
  /** Whether the user's clipboard has something, and lets it be read. */
  clipboard = true;
  readonly gate = new Gate(({ code }) => code === this.keeps);
  readonly input: Input;
  /** Shared by the documents of one page. */
  readonly holder = new KeyboardHolder();

  constructor(more: Partial<InputOptions> = {}) {
    this.parent.box = { left: 0, top: 0, width: 400, height: 800 };
    const send = (command: Command) => void this.sent.push(command);
    const clipboard = {
      gesture: (copies: boolean) => void this.told.push(copies ? "copies" : "gesture"),
      focus: async () => void this.told.push("clipboard may have changed"),
      take: () => this.clipboard,
      read: async () => this.clipboard,
    };
    this.input = new Input({
      ...{ document: this.page.real, parent: real(this.parent), send, label: "Keyboard input" },
      holder: this.holder,
      layout: new Layout({ send, storage: null, languages: ["en-US"] }),
      clipboard: clipboard as unknown as ClipboardInput,
      platform: { mac: false, windows: false, webkit: false },
      gate: this.gate,
      pressed: ({ track }) => void this.told.push(`pressed ${track}`),
      keyboardChanged: (shown) => void this.told.push(shown ? "keyboard" : "no keyboard"),
      caretMoved: () => void this.told.push("caret"),
      ...more,
    });
  }

  /** The hidden field. */
  get field(): FakeElement {
    const [field] = this.parent.children;
    if (field === undefined) throw new Error("there is no field");
    return field;
  }

  /** A window of 100 × 50, or its popup, shown at twice its size. */
  window(track: TrackId, toplevel = track): FakeElement & { detach(): void } {
    const element = this.page.createElement();
    element.box = { left: 40, top: 100, width: 200, height: 100 };
    const size = () => ({ w: 100, h: 50 });
    const detach = this.input.attach({ track, toplevel, element: real(element), size });
    return Object.assign(element, { detach });
  }

  /** A key event at the field, or at another element; of its modifiers those that are named. */
  key(
    type: "keydown" | "keyup",
    code: string,
    key: string,
    more: object = {},
    target: FakeElement = this.field,
  ): Event {
    const none = { shiftKey: false, ctrlKey: false, altKey: false, metaKey: false, repeat: false };
    const still = { isComposing: false, keyCode: 0, getModifierState: () => false };
    return happen(target, type, { code, key, ...none, ...still, ...more });
  }

  /** What a text field has to say after someone typed behind what it held. */
  write(text: string): void {
    this.field.value = SEED + text;
    this.field.setSelectionRange(this.field.value.length, this.field.value.length);
    happen(this.field, "input", { inputType: "insertText" });
  }

  caret(track: TrackId, x: number | null): void {
    const place: TextInput = { caret: { x: x ?? 0, y: 10, w: 1, h: 8 }, purpose: "normal", multiline: false };
    this.input.handle({ on: "text-input", track, input: x === null ? null : place });
  }

  state(is: "online" | "reconnecting"): void {
    const online: State = {
      ...{ is: "online", role: "control", session: "main", transport: "websocket", attempts: [] },
    };
    this.input.handle({
      on: "state",
      state: is === "online" ? online : { is, reason: "lost", attempt: 1 },
    });
  }

  /** All there is to hear since it was asked last, in short. */
  get heard(): string[] {
    return this.sent.splice(0).map(short);
  }
}

/**
 * `1+30` is a press of the key 30 for the window 1, `1-30` its release, `1"a"` a text, `1(a 1-1)` a
 * composition.
 */
function short(command: Command): string {
  if (command.do === "focus") return `focus ${command.track}`;
  if (command.do !== "input") return command.do;
  const { track, event } = command;
  if (typeof event === "string") return `${track} ${event.toLowerCase()}`;
  if ("Key" in event) return `${track}${event.Key.pressed ? "+" : "-"}${event.Key.key}`;
  if ("Text" in event) return `${track}"${event.Text.text}"`;
  if ("Preedit" in event) return `${track}(${event.Preedit.text} ${event.Preedit.cursor?.join("-")})`;
  return `${track} ${Object.keys(event).join()}`;
}
