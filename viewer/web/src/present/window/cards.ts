/** Windows as things to choose from: what bars, lists and switchers show of them. */

import type { TrackId } from "../../protocol/types";
import type { Windows } from "../model/windows";
import type { AppIcons } from "../widgets/app-icons";
import type { View } from "./view";

/** One window to choose. */
export interface Card {
  track: TrackId;
  title: string;
  appId: string;
  icon: string | null;
  active: boolean;
  minimised: boolean;
  urgent: boolean;
  poppedOut: boolean;
}

export class Cards {
  constructor(
    private readonly windows: Windows<View>,
    private readonly icons: AppIcons,
  ) {}

  /** In the order in which they were opened. Dialogs belong to their windows. */
  opened(): Card[] {
    return this.windows.choices().map((view) => this.card(view));
  }

  /** The last used first. */
  recent(): Card[] {
    return this.windows.recentChoices().map((view) => this.card(view));
  }

  iconOf({ window }: View): string | null {
    return this.icons.of(window);
  }

  private card(view: View): Card {
    const { track } = view;
    return {
      track,
      title: view.title,
      appId: view.window.app_id,
      icon: this.iconOf(view),
      active: this.windows.inUse(track),
      minimised: view.minimised,
      urgent: this.windows.urgent(track),
      poppedOut: view.home === "popped-out",
    };
  }
}
