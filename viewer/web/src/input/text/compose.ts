/**
 * Text from input methods and soft keyboards, as a field of the page is changed by them. The field holds what
 * was typed lately, so that corrections find their words. How it changes is what is sent: characters, and
 * backspaces for what was taken back.
 *
 * Engines disagree about the order of events (`compositionend` comes before the last `input` in Firefox and
 * after it in Chromium; WebKit empties the composition before it commits it), so nothing here depends on
 * events but on the field's value.
 */

/** How a text that is still being composed is shown. */
export type Showing =
  /** By the app, at its caret. */
  | "app"
  /**
   * By typing it, and taking back what changes: for apps that cannot, and scripts that are typed as they are
   * written.
   */
  | "typing"
  /** By the field itself, until it is done. */
  | "field";

export interface ComposerHost {
  text(text: string): void;
  /** Taps a key, by its code. */
  tap(code: string): void;
  /**
   * What there is of a composition, and where its selection is in it, in characters of a string. Empty: it is
   * over.
   */
  preedit(text: string, selection: readonly [number, number]): void;
  showing(): Showing;
}

/**
 * What an empty field holds, so that there is something to delete. It shows nothing and belongs to no word.
 */
export const SEED = "\u200b".repeat(16);
/** A longer field is emptied when nothing is being composed. */
const LONG = 256;

export class Composer {
  /** What the field held when all of it had been sent. */
  private sent = SEED;
  private composing: { showing: Showing; told: string } | null = null;

  constructor(private readonly host: ComposerHost) {}

  /** A composition begins; `data` is what it takes up again. */
  start(data: string): void {
    // What was typed before cannot be shown as not typed yet.
    this.composing = { showing: data === "" ? this.host.showing() : "typing", told: "" };
  }

  /** The field has changed; `selection` is where the cursor is in it. */
  change(value: string, selection: readonly [number, number]): void {
    if (this.composing === null || this.composing.showing === "typing") {
      this.send(value);
      return;
    }
    const { kept, added } = difference(this.sent, value);
    if (this.composing.showing === "field") return;
    const within = (at: number) => Math.min(Math.max(at - kept, 0), added.length);
    const [begin, end] = [within(selection[0]), within(selection[1])];
    const now = `${begin} ${end} ${added}`;
    if (now === this.composing.told) return;
    this.composing.told = now;
    this.host.preedit(added, [begin, end]);
  }

  /** The composition is over, and the field is as it ought to be. */
  end(value: string): void {
    const { composing } = this;
    this.composing = null;
    const changed = this.send(value);
    if (composing !== null && composing.told !== "" && !changed) this.host.preedit("", [0, 0]);
  }

  /** Whether a composition is under way. */
  get active(): boolean {
    return this.composing !== null;
  }

  /** Whether the field shows what is being composed. */
  get visible(): boolean {
    return this.composing?.showing === "field";
  }

  /**
   * Whether the field is to be emptied, since it is long or short of something to delete, or a line was
   * ended.
   */
  get stale(): boolean {
    const { sent } = this;
    return this.composing === null && (sent.length > LONG || !sent.startsWith(SEED) || sent.includes("\n"));
  }

  /** The field was emptied: it holds `SEED`. */
  reset(): void {
    this.sent = SEED;
    this.composing = null;
  }

  /** Sends how the field has changed; answers whether it has. */
  private send(value: string): boolean {
    const { removed, added } = difference(this.sent, value);
    this.sent = value;
    for (let n = graphemes(removed); n > 0; n--) this.host.tap("Backspace");
    added.split("\n").forEach((line, n) => {
      if (n > 0) this.host.tap("Enter");
      if (line !== "") this.host.text(line);
    });
    return removed !== "" || added !== "";
  }
}

/** What of a text is kept at its beginning, what follows there no more, and what follows now. */
function difference(before: string, after: string): { kept: number; removed: string; added: string } {
  let kept = 0;
  while (kept < before.length && kept < after.length && before[kept] === after[kept]) kept++;
  // Not between the halves of a character.
  if (kept > 0 && /[\ud800-\udbff]/.test(before.charAt(kept - 1))) kept--;
  return { kept, removed: before.slice(kept), added: after.slice(kept).replaceAll("\u200b", "") };
}

/** How many backspaces delete a text. */
function graphemes(text: string): number {
  if (typeof Intl.Segmenter !== "function") return [...text].length;
  return [...new Intl.Segmenter().segment(text)].length;
}

/** A cursor as the protocol has it: bytes of UTF-8. */
export function inBytes(text: string, [begin, end]: readonly [number, number]): [number, number] {
  const bytes = (until: number) => new TextEncoder().encode(wellFormed(text.slice(0, until))).length;
  return [bytes(begin), bytes(end)];
}

/** Without half a character at the end. */
function wellFormed(text: string): string {
  return text.replace(/[\ud800-\udbff]$/, "");
}
