/**
 * The menus of windows, and of the desk's shortcuts: everything that keys do, for browsers that keep those
 * keys.
 */

import { COMBOS, type Input, type TouchMode } from "../../input";
import { texts } from "../../language";
import type { Manager } from "../desk/manage";
import type { Change } from "../desk/move-by-keys";
import { WRITTEN, type Shortcut } from "../desk/shortcuts";
import { resizable } from "../model/limits";
import { isTile } from "../model/toplevel";
import type { PopOuts } from "../popout/popouts";
import { openMenu, type Item, type Items } from "../widgets/menu";
import type { View } from "../window/view";

export interface MenusHost {
  manager: Pick<Manager, "minimise" | "minimiseAll" | "set" | "fullscreen">;
  popOuts: Pick<PopOuts, "open" | "close">;
  touch: { mode: TouchMode; readonly near: boolean };
  compact(): boolean;
  activate(view: View): void;
  /** The menu is closed: the active window has the keyboard again. */
  refocus(): void;
  moveByKeys(view: View, change: Change): void;
  close(view: View): void;
  /** The input of the document that shows a view. */
  input(view: View): Pick<Input, "combo" | "paste">;
  shortcut(shortcut: Shortcut, owner: Document): void;
  /** Lets the user choose among all windows. */
  windows(): void;
  connection(): void;
}

export class Menus {
  constructor(private readonly host: MenusHost) {}

  shortcuts(at: { x: number; y: number }): void {
    const { window, taskbar, desk_menu, start } = texts;
    const item = (label: string, shortcut: Shortcut): Item => ({
      label,
      hint: WRITTEN[shortcut],
      action: () => this.host.shortcut(shortcut, document),
    });
    const items: Items = [
      { label: desk_menu.nextWindow, hint: WRITTEN.next, action: () => this.host.windows() },
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
      { label: desk_menu.showDesk, action: () => this.host.manager.minimiseAll() },
    ];
    openMenu(document, desk_menu.shortcuts, items, at, () => this.host.refocus());
  }

  window(view: View, at: { x: number; y: number }): void {
    this.host.activate(view);
    const items = this.host.compact() ? this.compactItems(view) : this.windowItems(view);
    const owner = view.picture.canvas.ownerDocument;
    openMenu(owner, view.title, items, at, () => this.host.refocus());
  }

  private windowItems(view: View): Items {
    const { window } = texts;
    const { manager, popOuts } = this.host;
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
    const filled = view.shownMode === "maximized" || isTile(view.shownMode);
    const { fullscreenElement } = view.picture.canvas.ownerDocument;
    const filledScreen = away ? fullscreenElement !== null : view.shownMode === "fullscreen";
    return [
      ...answers(view),
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
      { label: window.move, disabled: away, action: () => this.host.moveByKeys(view, "move") },
      { label: window.resize, disabled: fixed || away, action: () => this.host.moveByKeys(view, "resize") },
      "line",
      { label: window.keys, symbol: "keyboard", action: this.keyItems(view) },
      { label: window.paste, symbol: "paste", action: () => this.paste(view) },
      ...(this.host.touch.near
        ? [{ label: texts.input.modes.label, symbol: "hand" as const, action: this.modes() }]
        : []),
      "line",
      { label: window.close, symbol: "close", action: () => this.host.close(view) },
    ];
  }

  private compactItems(view: View): Items {
    const { window } = texts;
    return [
      ...answers(view),
      ...(this.host.touch.near ? [...this.modes(), "line" as const] : []),
      { label: window.keys, symbol: "keyboard", action: this.keyItems(view) },
      { label: window.paste, symbol: "paste", action: () => this.paste(view) },
      { label: texts.start.connection, symbol: "link", action: () => this.host.connection() },
      "line",
      { label: window.close, symbol: "close", action: () => this.host.close(view) },
    ];
  }

  /** What fingers do. */
  private modes(): Item[] {
    const { touch } = this.host;
    return (["direct", "trackpad", "touch"] as const).map((name) => ({
      label: texts.input.modes[name],
      checked: touch.mode === name,
      action: () => (touch.mode = name),
    }));
  }

  /** Keys that the browser would take itself. */
  private keyItems(view: View): Item[] {
    return COMBOS.map((combo) => ({
      label: combo.id,
      action: () => {
        this.host.activate(view);
        this.host.input(view).combo(combo);
      },
    }));
  }

  private paste(view: View): void {
    this.host.activate(view);
    void this.host.input(view).paste();
  }
}

/** What can be done about an app that does not answer, also once its user has begun to wait. */
function answers({ window: { states }, question }: View): Items {
  const { wait, forceQuit } = texts.window;
  if (!states.unresponsive) return [];
  return [
    { label: wait, action: () => question.wait() },
    { label: forceQuit, symbol: "warning", disabled: !question.mayQuit, action: () => question.quit() },
    "line",
  ];
}
