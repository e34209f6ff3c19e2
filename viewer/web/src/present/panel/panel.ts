/**
 * The connection panel: which transport and why, the rates, and where the time between a key and its picture
 * goes.
 */

import { fill, texts } from "../../language";
import type { Attempt, Report } from "../../link/vocabulary";
import type { Transport } from "../../link/link";
import { button, make, setText } from "../widgets/dom";
import { explain, share, STAGES_IN_ORDER, type StageFigures } from "./explain";
import { drawSymbol } from "../widgets/symbols";

const NAMES: Readonly<Record<Transport, string>> = {
  webtransport: "WebTransport",
  webrtc: "WebRTC",
  websocket: "WebSocket",
};

export function transportName(transport: Transport): string {
  return NAMES[transport];
}

interface Bar {
  row: HTMLElement;
  p50: HTMLElement;
  p95: HTMLElement;
  value: HTMLElement;
}

export class Panel {
  readonly element: HTMLElement;
  private readonly facts = make("dl", { class: "facts" });
  private readonly values = new Map<string, HTMLElement>();
  private readonly attempts = make("ul", { class: "attempts" });
  private readonly bars = make("div", { class: "bars", role: "table" });
  private readonly byStage = new Map<string, Bar>();
  private readonly sentence = make("p", { class: "panel-sentence" });
  private readonly total = make("strong", { text: "–" });
  private readonly spread = make("span");
  private readonly head = make("p", { class: "panel-total", children: [this.total, this.spread] });

  constructor(
    parent: HTMLElement,
    /** Told when it opens and closes: figures are reported only meanwhile. */
    private readonly opened: (open: boolean) => void,
  ) {
    const { panel } = texts;
    const title = make("h2", { text: panel.title });
    const close = button(
      { class: "tool", label: panel.close, title: panel.close, children: [drawSymbol("close")] },
      () => this.close(),
    );
    for (const name of ["transport", "roundTrip", "received", "sent", "pictures", "codecs"] as const) {
      const value = make("dd", { text: "–" });
      this.values.set(name, value);
      this.facts.append(make("div", { children: [make("dt", { text: panel[name] }), value] }));
    }
    this.bars.setAttribute("aria-label", panel.latency);
    // All are there from the start, so that nothing moves as figures come.
    for (const stage of STAGES_IN_ORDER) {
      const bar = makeBar(stage);
      this.byStage.set(stage, bar);
      this.bars.append(bar.row);
    }
    const body = make("div", {
      class: "panel-body",
      children: [
        this.facts,
        make("h3", { text: panel.why }),
        this.attempts,
        make("h3", { text: panel.latency }),
        this.head,
        this.sentence,
        this.bars,
      ],
    });
    // Keys scroll it.
    body.tabIndex = 0;
    this.element = make("div", {
      class: "panel",
      role: "dialog",
      label: panel.title,
      children: [make("header", { class: "panel-head", children: [title, close] }), body],
    });
    this.element.hidden = true;
    this.element.tabIndex = -1;
    this.element.addEventListener("keydown", ({ key }) => key === "Escape" && this.close());
    parent.append(this.element);
  }

  get open(): boolean {
    return !this.element.hidden;
  }

  toggle(): void {
    if (this.open) return this.close();
    this.element.hidden = false;
    setText(this.sentence, texts.panel.waiting);
    this.element.focus({ preventScroll: true });
    this.opened(true);
  }

  close(): void {
    if (!this.open) return;
    this.element.hidden = true;
    this.opened(false);
  }

  /** Says which transports were tried and what came of it. */
  tried(attempts: readonly Attempt[]): void {
    const { panel } = texts;
    this.attempts.replaceChildren(
      ...attempts.map(({ transport, result, detail, millis }) => {
        // What nobody waited for was not slow.
        const spare = result === "late" && detail.startsWith("not needed");
        const words = spare
          ? panel.attempts.spare
          : [panel.attempts[result], detail].filter(Boolean).join(" · ");
        const time = result === "unsupported" || spare ? "" : `${Math.round(millis)} ms`;
        return make("li", {
          class: `attempt attempt-${result}`,
          children: [
            drawSymbol(result === "used" || result === "works" ? "check" : spare ? "minimise" : "close"),
            make("strong", { text: transportName(transport) }),
            make("span", { text: words }),
            make("span", { class: "attempt-time", text: time }),
          ],
        });
      }),
    );
  }

  show(report: Report): void {
    const { panel } = texts;
    this.fact("transport", transportName(report.transport));
    this.fact("roundTrip", report.rtt === null ? "–" : millis(report.rtt));
    this.fact("received", rate(report.receivedRate));
    this.fact("sent", rate(report.sentRate));
    this.fact("pictures", fill(panel.perSecond, { n: report.drawn }));
    const codecs = Object.entries(report.codecs).filter(([, count]) => count > 0);
    const kinds = new Set(codecs.map(([codec]) => (codec === "h264" ? "H.264" : panel.lossless)));
    this.fact("codecs", [...kinds].join(" + ") || "–");
    this.latency(report.stages);
  }

  private fact(name: string, text: string): void {
    const value = this.values.get(name);
    if (value !== undefined) setText(value, text);
  }

  private latency(stages: readonly StageFigures[]): void {
    const { panel } = texts;
    const total = stages.find(({ stage }) => stage === "input_to_presented");
    const measured = total !== undefined && total.count > 0;
    setText(this.total, measured ? millis(total.p50) : "–");
    setText(this.spread, measured ? fill(panel.spread, { p95: millis(total.p95), n: total.count }) : "");
    setText(this.sentence, measured ? panel.sentences[explain(stages)] : panel.latencyNone);
    const way = STAGES_IN_ORDER.map((name) => stages.find(({ stage }) => stage === name)).filter(
      (stage): stage is StageFigures => stage !== undefined && stage.count > 0,
    );
    // One bad moment would make all other bars too short to be seen.
    const longest = Math.max(1, ...way.map(({ p50 }) => p50 * 4));
    for (const stage of way) {
      const bar = this.byStage.get(stage.stage);
      if (bar === undefined) continue;
      bar.p50.style.width = `${100 * share(stage.p50, longest)}%`;
      bar.p95.style.width = `${100 * share(stage.p95, longest)}%`;
      setText(bar.value, `${millis(stage.p50)} / ${millis(stage.p95)}`);
    }
  }
}

function makeBar(stage: string): Bar {
  const label = (texts.panel.stages as Record<string, string>)[stage] ?? stage;
  const bar = {
    p50: make("span", { class: "bar-p50" }),
    p95: make("span", { class: "bar-p95" }),
    value: make("span", { class: "bar-value", role: "cell", text: "–" }),
    row: make("div", { class: "bar-row", role: "row" }),
  };
  bar.row.append(
    make("span", { class: "bar-name", role: "rowheader", text: label }),
    make("span", { class: "bar-track", role: "presentation", children: [bar.p95, bar.p50] }),
    bar.value,
  );
  return bar;
}

function millis(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}

function rate(bits: number): string {
  if (bits < 1e6) return `${bits < 1e4 ? (bits / 1e3).toFixed(1) : Math.round(bits / 1e3)} kbit/s`;
  return `${(bits / 1e6).toFixed(bits < 1e7 ? 1 : 0)} Mbit/s`;
}
