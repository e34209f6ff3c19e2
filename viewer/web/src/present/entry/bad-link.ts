/** Why a host did not take a link, for people in their language. */

import type { HostError } from "../../api/api";

export type BadLink = "expired" | "used" | "otherSession" | "otherHost" | "native";

/**
 * What the host says of each. Its codes tell links that have expired from others, and only its sentences tell
 * the rest apart; one that is not known here is shown as it is.
 */
const SENTENCES: readonly (readonly [RegExp, BadLink])[] = [
  [/\bused already\b/, "used"],
  [/\banother session\b/, "otherSession"],
  [/\bnot for a browser\b/, "native"],
  [/\bnot one of this host's\b/, "otherHost"],
];

/** Which of them a refusal is; null for one that says something else. */
export function badLink({ code, message }: Pick<HostError, "code" | "message">): BadLink | null {
  if (code === "ticket-expired") return "expired";
  if (code !== "ticket-invalid") return null;
  return SENTENCES.find(([words]) => words.test(message))?.[1] ?? null;
}
