/** The value below which this share of the values lies. */
export function percentile(values: number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** `p50/p95 ms`. */
export function text(values: number[]): string {
  return `${percentile(values, 0.5).toFixed(1)}/${percentile(values, 0.95).toFixed(1)} ms`;
}

/** One line of the table. */
export interface Row {
  what: string;
  measured: string;
  goal?: string;
  met?: boolean;
}

export function row(what: string, measured: string): Row {
  return { what, measured };
}

export function goal(what: string, measured: string, goal: string, met: boolean): Row {
  return { what, measured, goal, met };
}

export function markdown(rows: Row[]): string {
  const lines = rows.map(({ what, measured, goal = "", met }) => {
    const verdict = met === undefined ? "" : met ? "met" : "**missed**";
    return `| ${what} | ${measured} | ${goal} | ${verdict} |`;
  });
  return ["| what | measured | goal | |", "|---|---|---|---|", ...lines].join("\n");
}
