/** Where the time between a key and its picture goes, in one sentence. */

import type { Texts } from "../../language";

export interface StageFigures {
  stage: string;
  p50: number;
  p95: number;
  count: number;
}

/** The stages of the way, in order, without the spans that add several up. */
export const STAGES_IN_ORDER: readonly string[] = [
  "input",
  "dispatched",
  "captured",
  "encoded",
  "sent",
  "received",
  "decoded",
  "presented",
];

type Sentence = keyof Texts["panel"]["sentences"];

/** Whose time each stage is. */
const SENTENCE_OF_STAGE: Readonly<Record<string, Sentence>> = {
  input: "network",
  received: "network",
  dispatched: "app",
  captured: "app",
  encoded: "encoding",
  sent: "queue",
  decoded: "here",
  presented: "here",
};

/** Below this nobody feels a difference, in milliseconds. */
const IMPERCEPTIBLE = 20;

/** The sentence for what takes most of the median time. */
export function explain(stages: readonly StageFigures[]): Sentence {
  const sums = new Map<Sentence, number>();
  for (const { stage, p50, count } of stages) {
    const whose = SENTENCE_OF_STAGE[stage];
    if (whose !== undefined && count > 0) sums.set(whose, (sums.get(whose) ?? 0) + p50);
  }
  const all = [...sums.values()].reduce((sum, one) => sum + one, 0);
  if (all < IMPERCEPTIBLE) return "fast";
  return [...sums].sort(([, a], [, b]) => b - a)[0]?.[0] ?? "fast";
}

/** How much of a bar's length a value takes. */
export function share(value: number, longest: number): number {
  return longest > 0 ? Math.min(Math.max(value / longest, 0), 1) : 0;
}
