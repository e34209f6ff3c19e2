/** The menus of windows, and of the desk's shortcuts: everything that keys do, for browsers that keep those keys. */

import { COMBOS } from "../../input";
import { texts } from "../../language";
import { isTile } from "../desk/arrange";
import type { Desk } from "../desk/desk";
import { resizable } from "../model/limits";
import { openMenu, type Item, type Items } from "../widgets/menu";
import { WRITTEN, type Shortcut } from "./shortcuts";
import type { View } from "../window/view";

export interface MenuActions {
  shortcut(shortcut: Shortcut, owner: Document): void;
  /** Lets the user choose among all windows. */
  windows(): void;
  connection(): void;
}

export class Menus {
  constructor(
    private readonly desk: Desk,
    private readonly actions: MenuActions,
  ) {}

  shortcuts(at: { x: number; y: number }): void {
    const { window, taskbar, desk_menu, start } = texts;
    const item = (label: string, shortcut: Shortcut): Item => ({
      label,
      hint: WRITTEN[shortcut],
      action: () => this.actions.shortcut(shortcut, document),
    });
    const items: Items = [
      { label: desk_menu.nextWindow, hint: WRITTEN.next, action: () => this.actions.windows() },
      item(window.menu, "window-menu"),
      item(window.maximise, "maximise"),
      item(window.minimise, "minimise"),
      item(window.tileLeft, "left"),
      item(window.tileRight, "right"),
      item(window.fullscreen, "fullscreen"),
      item(window.popOut, "pop-out"),
      "line",
      item(taskbar.apps, "apps"),
      item(taskbar.label, "taskbar"),
      item(start.connection, "connection"),
      { label: desk_menu.showDesk, action: () => this.desk.manager.minimiseAll() },
    ];
    openMenu(document, desk_menu.shortcuts, items, at, () => this.desk.refocus());
  }

  window(view: View, at: { x: number; y: number }): void {
    this.desk.activate(view.track);
    const items = this.desk.screen.compact ? this.compactItems(view) : this.windowItems(view);
    const owner = view.picture.canvas.ownerDocument;
    openMenu(owner, view.title, items, at, () => this.desk.refocus());
  }

  private windowItems(view: View): Items {
    const { window } = texts;
    const { manager, popOuts } = this.desk;
    const fixed = !resizable(view.window.limits);
    const out = view.home === "popped-out";
    const away = view.home !== "desk";
    const popOut: Item = out
      ? { label: window.popIn, symbol: "popIn", action: () => popOuts.close(view) }
      : {
          label: window.popOut,
          symbol: "popOut",
          hint: WRITTEN["pop-out"],
          action: () => popOuts.open(view),
        };
    const filled = view.mode === "maximized" || isTile(view.mode);
    const { fullscreenElement } = view.picture.canvas.ownerDocument;
    const filledScreen = away ? fullscreenElement !== null : view.mode === "fullscreen";
    return [
      {
        label: window.minimise,
        symbol: "minimise",
        hint: WRITTEN.minimise,
        disabled: away,
        action: () => manager.minimise(view),
      },
      {
        label: filled ? window.restore : window.maximise,
        symbol: filled ? "restore" : "maximise",
        hint: WRITTEN.maximise,
        disabled: fixed || away,
        action: () => manager.set(view, filled ? "normal" : "maximized"),
      },
      {
        label: window.tileLeft,
        hint: WRITTEN.left,
        disabled: fixed || away,
        action: () => manager.set(view, "left"),
      },
      {
        label: window.tileRight,
        hint: WRITTEN.right,
        disabled: fixed || away,
        action: () => manager.set(view, "right"),
      },
      {
        label: filledScreen ? window.leaveFullscreen : window.fullscreen,
        symbol: "fullscreen",
        hint: WRITTEN.fullscreen,
        action: () => void manager.fullscreen(view),
      },
      popOut,
      "line",
      { label: window.move, disabled: away, action: () => manager.byKeys(view, "move") },
      { label: window.resize, disabled: fixed || away, action: () => manager.byKeys(view, "resize") },
      "line",
      { label: window.keys, symbol: "keyboard", action: this.keyItems(view) },
      { label: window.paste, symbol: "paste", action: () => this.paste(view) },
      "line",
      { label: window.close, symbol: "close", action: () => manager.close(view) },
    ];
  }

  private compactItems(view: View): Items {
    const { window, input } = texts;
    const { manager, touch } = this.desk;
    const mode = (name: "direct" | "trackpad" | "touch"): Item => ({
      label: input.modes[name],
      checked: touch.mode === name,
      action: () => (touch.mode = name),
    });
    return [
      mode("direct"),
      mode("trackpad"),
      mode("touch"),
      "line",
      { label: window.keys, symbol: "keyboard", action: this.keyItems(view) },
      { label: window.paste, symbol: "paste", action: () => this.paste(view) },
      { label: texts.start.connection, symbol: "link", action: () => this.actions.connection() },
      "line",
      { label: window.close, symbol: "close", action: () => manager.close(view) },
    ];
  }

  /** Keys that the browser would take itself. */
  private keyItems(view: View): Item[] {
    return COMBOS.map((combo) => ({
      label: combo.id,
      action: () => {
        this.desk.activate(view.track);
        this.desk.inputs.of(view.picture.canvas.ownerDocument).combo(combo);
      },
    }));
  }

  private paste(view: View): void {
    this.desk.activate(view.track);
    void this.desk.inputs.of(view.picture.canvas.ownerDocument).paste();
  }
}
