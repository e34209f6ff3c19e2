/** What is said of an app that ended at once: how, and what it printed last. */

import { fill, texts } from "../../language";
import type { Fate } from "../../api/api";
import type { Notices } from "../widgets/notices";
import { buttons, openSheet } from "../widgets/sheet";
import { make } from "../widgets/dom";

export function tellFailure(
  notices: Notices,
  name: string,
  { status, output }: Fate,
  closed: () => void,
): void {
  const { start } = texts;
  const text = fill(start.endedAtOnce, { name, status });
  const show = () => {
    const lines = make("pre", { class: "sheet-output", text: output.join("\n") });
    lines.tabIndex = 0;
    const sheet = openSheet(
      document.body,
      text,
      [lines, buttons({ text: texts.panel.close, primary: true, act: () => sheet.close() })],
      closed,
    );
    lines.scrollTop = lines.scrollHeight;
  };
  notices.say(text, "warning", output.length === 0 ? null : { label: start.showOutput, run: show });
}
