/** Figures for the connection panel: counted all the time, reported once a second while somebody looks. */

import type { Update } from "../protocol/types";
import { STAGES } from "../session/latency";
import type { Viewer } from "../session/viewer";
import type { LinkStats } from "./link";
import type { Report } from "./vocabulary";

/** What is counted. */
export class Figures {
  private updates = 0;
  private drawn = 0;
  private codecs: Record<string, number> = {};
  private last = { at: performance.now(), sent: 0, received: 0 };

  /** An update was drawn. */
  applied(update: Update): void {
    this.updates += 1;
    this.drawn += 1;
    for (const op of update.ops) {
      const codec = "Copy" in op ? "copy" : "Tile" in op ? op.Tile.coding : op.Video.codec;
      this.codecs[codec] = (this.codecs[codec] ?? 0) + 1;
    }
  }

  /** The figures since the last report. */
  report(core: Viewer, link: LinkStats): Report {
    const now = performance.now();
    const seconds = Math.max(now - this.last.at, 1) / 1000;
    // A new connection counts from zero again.
    const rate = (bytes: number, before: number) =>
      (8 * (bytes >= before ? bytes - before : bytes)) / seconds;
    const pinged = core.roundTrip();
    const report: Report = {
      transport: link.transport,
      rtt: link.rtt ?? (pinged === null ? null : pinged / 1000),
      receivedRate: rate(link.receivedBytes, this.last.received),
      sentRate: rate(link.sentBytes, this.last.sent),
      updates: this.updates,
      drawn: Math.round(this.drawn / seconds),
      codecs: this.codecs,
      stages: STAGES.flatMap((stage) => {
        const histogram = core.latency.stage(stage);
        const [p50, p95] = [histogram?.quantile(0.5) ?? null, histogram?.quantile(0.95) ?? null];
        if (histogram === undefined || p50 === null || p95 === null) return [];
        return [{ stage, p50: p50 / 1000, p95: p95 / 1000, count: histogram.count }];
      }),
    };
    this.drawn = 0;
    this.codecs = {};
    this.last = { at: now, sent: link.sentBytes, received: link.receivedBytes };
    return report;
  }
}
