/** The page's title. Nothing else writes it. */

import { texts } from "../../language";

/** Names what the page shows; null: nothing but the page itself. */
export function setTitle(subject: string | null): void {
  document.title = subject === null ? texts.name : `${subject} – ${texts.name}`;
}
