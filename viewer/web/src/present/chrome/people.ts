/** The links that are open and who is here, for a session's owner, who can end each. */

import type { Api, HostError, OpenLink, Present } from "../../api/api";
import { fill, texts } from "../../language";
import { button, make, setAttribute, setText } from "../widgets/dom";

export type PeopleApi = Pick<Api, "links" | "revoke" | "viewers" | "throwOut">;

/** How often the host is asked while somebody looks, in milliseconds. */
const EVERY = 2_000;

/** One line of a list. */
interface Row {
  id: string;
  title: string;
  detail: string;
  /** What its button does and how it is called; null where there is nothing to end. */
  end: { text: string; label: string; act: () => Promise<string> } | null;
}

export class People {
  readonly element = make("div", { class: "share-people" });
  private readonly links = new Rows(texts.share.links, (act) => this.act(act));
  private readonly people = new Rows(texts.share.people, (act) => this.act(act));
  private timer: ReturnType<typeof setTimeout> | undefined;
  private stopped = false;
  private asked = 0;

  /** `say`: tells what became of something. */
  constructor(
    private readonly api: PeopleApi,
    private readonly say: (text: string) => void,
  ) {
    this.element.append(this.links.element, this.people.element);
    this.element.hidden = true;
  }

  /** Shows them now and from now on, until `stop`. */
  follow(): void {
    void this.refresh().then((go) => {
      if (go && !this.stopped) this.timer = setTimeout(() => this.follow(), EVERY);
    });
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** Shows what is so now. Answers whether it may change: who is not told now never will be. */
  async refresh(): Promise<boolean> {
    const number = ++this.asked;
    try {
      const [links, people] = await Promise.all([this.api.links(), this.api.viewers()]);
      // Of several questions the newest counts.
      if (number !== this.asked || this.stopped) return true;
      this.links.show(links.map((link) => this.link(link)));
      this.people.show(people.map((present) => this.present(present)));
      this.element.hidden = false;
      return true;
    } catch (error) {
      const { status } = error as HostError;
      return status !== 403 && status !== 404;
    }
  }

  private link(link: OpenLink): Row {
    const { share } = texts;
    const { id, owner, own, kind, role, used, here, expires } = link;
    const whose = own ? share.thisBrowser : owner ? share.ownDevice : roleName(role);
    const detail = [
      kind === "native" ? share.forNative : share.forBrowser,
      !used ? share.unused : here > 0 ? fill(share.here, { n: String(here) }) : share.away,
      ...(expires === null ? [] : [fill(share.until, { time: time(expires) })]),
    ].join(" · ");
    const act = async (): Promise<string> => {
      await this.api.revoke(id);
      return share.ended;
    };
    const label = fill(share.endIt, { what: `${whose}, ${detail}` });
    return { id, title: whose, detail, end: own ? null : { text: share.end, label, act } };
  }

  private present({ id, address, role, own, seat, since }: Present): Row {
    const { share } = texts;
    const title = own ? share.thisBrowser : address;
    const detail = [
      ...(own ? [address] : []),
      seat ? share.atWork : roleName(role),
      fill(share.since, { time: time(since) }),
    ].join(" · ");
    const act = async (): Promise<string> =>
      (await this.api.throwOut(id)) ? share.mayReturn : share.thrownOut;
    const label = fill(share.throwOutIt, { what: `${title}, ${detail}` });
    return { id, title, detail, end: own ? null : { text: share.throwOut, label, act } };
  }

  private async act(act: () => Promise<string>): Promise<void> {
    this.say("");
    try {
      this.say(await act());
    } catch (error) {
      const { status, message } = error as HostError;
      // Somebody was quicker: what was wanted is so.
      if (status !== 404) this.say(fill(texts.share.notDone, { reason: message }));
    }
    await this.refresh();
  }
}

/** A list whose lines stay the same elements, so that the focus stays while it is renewed. */
class Rows {
  readonly element: HTMLElement;
  private readonly list: HTMLElement;
  private readonly byId = new Map<string, HTMLElement>();
  private shown: Row[] = [];

  constructor(
    title: string,
    private readonly act: (act: () => Promise<string>) => Promise<void>,
  ) {
    this.list = make("ul", { class: "share-list", label: title });
    this.element = make("section", { children: [make("h3", { text: title }), this.list] });
  }

  show(rows: Row[]): void {
    const focused = this.shown.findIndex(({ id }) => this.byId.get(id)?.contains(document.activeElement));
    const kept = new Set(rows.map(({ id }) => id));
    const lost = focused >= 0 && !kept.has(this.shown[focused]?.id ?? "");
    this.shown = rows;
    for (const [id, element] of this.byId) {
      if (kept.has(id)) continue;
      element.remove();
      this.byId.delete(id);
    }
    rows.forEach((row, at) => {
      const element = this.byId.get(row.id) ?? this.begin(row);
      if (this.list.children[at] !== element) this.list.insertBefore(element, this.list.children[at] ?? null);
      const [words, end] = element.children;
      if (words?.firstElementChild) setText(words.firstElementChild, row.title);
      if (words?.lastElementChild) setText(words.lastElementChild, row.detail);
      if (end !== undefined && row.end !== null) setAttribute(end, "aria-label", row.end.label);
    });
    this.element.hidden = rows.length === 0;
    if (lost) this.focusNear(focused);
  }

  /** The line that had the focus is gone: the next one has it, or else what follows the list. */
  private focusNear(at: number): void {
    const ends = [...this.list.querySelectorAll("button")];
    const next = ends[Math.min(at, ends.length - 1)];
    const close = this.element.closest("dialog")?.querySelector<HTMLElement>(".sheet-end button");
    (next ?? close)?.focus();
  }

  private begin(row: Row): HTMLElement {
    const { id, end } = row;
    const words = make("div", { children: [make("strong"), make("span")] });
    const line = make("li", { data: { id }, children: [words] });
    if (end !== null) {
      const act = () => this.shown.find((one) => one.id === id)?.end?.act() ?? Promise.resolve("");
      line.append(button({ class: "share-end", text: end.text, label: end.label }, () => void this.act(act)));
    }
    this.byId.set(id, line);
    return line;
  }
}

function roleName(role: Present["role"]): string {
  return role === "control" ? texts.share.control : texts.share.view;
}

/** The time of day, with its day where that is another. */
function time(milliseconds: number): string {
  const at = new Date(milliseconds);
  const today = at.toDateString() === new Date().toDateString();
  const day = today ? {} : ({ month: "short", day: "numeric" } as const);
  const form = { ...day, hour: "numeric", minute: "2-digit" } as const;
  return new Intl.DateTimeFormat(document.documentElement.lang, form).format(at);
}
