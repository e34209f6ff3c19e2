/** Windows as things to choose from: what bars, lists and switchers show of them. */

import type { Desk } from "../desk/desk";
import type { Card } from "./switcher";
import type { View } from "../window/view";

export class Cards {
  constructor(private readonly desk: Desk) {}

  /** In the order in which they were opened. Dialogs belong to their windows. */
  opened(): Card[] {
    const own = this.choosable().sort((a, b) => a.track - b.track);
    return own.map((view) => this.card(view));
  }

  /** The last used first. */
  recent(): Card[] {
    const at = ({ track }: View) => {
      const index = this.desk.focus.recent.indexOf(track);
      return index < 0 ? Infinity : index;
    };
    const own = this.choosable().sort((a, b) => at(a) - at(b) || a.track - b.track);
    return own.map((view) => this.card(view));
  }

  iconOf({ window: { icon, app_id } }: View): string | null {
    return this.desk.icons.of(icon, app_id);
  }

  private choosable(): View[] {
    const { tree, views } = this.desk;
    return [...views.values()].filter(
      (view) => view.normal !== null && tree.owner(view.track) === null && !this.desk.excluded(view),
    );
  }

  private card(view: View): Card {
    const { desk } = this;
    const family = [view.track, ...desk.tree.dependants(view.track)];
    const urgent = family.some((track) => {
      const member = desk.views.get(track);
      return member !== undefined && (member.rang || member.window.states.urgent);
    });
    return {
      track: view.track,
      title: view.title,
      appId: view.window.app_id,
      icon: this.iconOf(view),
      active: desk.active !== null && family.includes(desk.active),
      minimised: view.minimised,
      urgent,
      poppedOut: view.home === "popped-out",
      canvas: view.picture.canvas,
    };
  }
}
