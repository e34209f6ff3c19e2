/** The desk with all that stands around it: taskbar, menus, panel, notices. */

import { fill, texts } from "../../language";
import type { Transport } from "../../link/link";
import type { Attempt, Event, State } from "../../link/vocabulary";
import { Cards } from "../window/cards";
import { Desk } from "../desk/desk";
import { button, make } from "../widgets/dom";
import type { SymbolName } from "../widgets/symbols";
import type { Api } from "../../api/api";
import { Menus } from "./menus";
import { Notices } from "../widgets/notices";
import { Panel, transportName } from "../panel/panel";
import type { Send } from "../window/picture";
import { openShare } from "./share";
import type { Shortcut } from "../desk/shortcuts";
import { notStarted, Start } from "./start";
import { Cycle, Switcher } from "../phone/switcher";
import { Taskbar } from "./taskbar";
import { vacancy } from "./vacancy";
import type { View } from "../window/view";
import { keepAwake } from "./screen-wake-lock";

export interface ShellOptions {
  api: Api;
  send: Send;
  only: string | null;
  /** The user leaves the session. */
  leave(): void;
}

export class Shell {
  readonly desk: Desk;
  private readonly notices = new Notices(document.body);
  private readonly taskbar: Taskbar;
  private readonly start: Start;
  private readonly panel: Panel;
  private readonly switcher: Switcher;
  private readonly cycle: Cycle;
  private readonly menus: Menus;
  private readonly cards: Cards;
  private readonly vacant: HTMLElement;
  private readonly awake: () => void;
  private stale = false;
  private online = false;
  private silent = false;
  private transport: Transport = "webtransport";

  constructor(private readonly options: ShellOptions) {
    const { send, only } = options;
    this.desk = new Desk({
      ...{ send, only, notices: this.notices },
      changed: () => this.refreshSoon(),
      shortcut: (shortcut, owner) => this.shortcut(shortcut, owner),
      menu: (view, at) => this.menus.window(view, at),
      copyable: (copyable) => this.copyable(copyable),
    });
    const { desk } = this;
    const { manager } = desk;
    this.cards = new Cards(desk.windows, desk.icons);
    this.taskbar = new Taskbar(
      {
        apps: () => this.start.toggle(),
        windows: () => this.switcher.toggle(),
        keyboard: () => desk.touch.toggleKeyboard(),
        more: () => this.active((view) => this.menus.window(view, this.taskbar.corner)),
        connection: () => this.panel.toggle(),
        pick: (track) => manager.pick(track),
        menu: (track, at) => {
          const view = desk.windows.get(track);
          if (view !== undefined) this.menus.window(view, at);
        },
      },
      desk.icons,
    );
    this.taskbar.element.addEventListener("keydown", ({ key }) => key === "Escape" && desk.refocus());
    desk.element.after(this.taskbar.element);
    const choosing = {
      cards: () => this.cards.recent(),
      pick: (track: number) => desk.activate(track),
    };
    this.switcher = new Switcher(document.body, desk.icons, {
      ...choosing,
      close: (track) => send({ do: "close", track }),
      left: () => desk.refocus(),
    });
    this.cycle = new Cycle(document.body, desk.icons, {
      ...choosing,
      pick: (track) =>
        desk.windows.get(track)?.home === "desk" ? desk.activate(track) : manager.pick(track),
      speak: (title) => this.notices.speak(title),
    });
    this.menus = new Menus({
      ...{ manager, popOuts: desk.popOuts, touch: desk.touch },
      compact: () => desk.screen.compact,
      activate: ({ track }) => desk.activate(track),
      refocus: () => desk.refocus(),
      moveByKeys: (view, change) => desk.moveByKeys(view, change),
      close: (view) => desk.close(view),
      input: (view) => desk.inputOf(view),
      shortcut: (shortcut, owner) => this.shortcut(shortcut, owner),
      windows: () => this.switcher.toggle(),
      connection: () => this.panel.toggle(),
    });
    this.start = this.makeStart();
    this.panel = new Panel(document.body, (on) => {
      send({ do: "report", on });
      if (!on) desk.refocus();
    });
    document.body.append(reveal(() => this.active((view) => void manager.fullscreen(view))));
    this.vacant = vacancy(only);
    desk.stage.prepend(this.vacant);
    // Alone on a page there is nothing to choose from.
    this.taskbar.element.hidden = only !== null;
    document.documentElement.classList.toggle("embedded", only !== null);
    this.awake = keepAwake(() => this.online && desk.screen.compact && desk.windows.opened().length > 0);
    this.refresh();
  }

  handle(event: Event): void {
    this.desk.handle(event);
    if (event.on === "state") this.onState(event.state);
    else if (event.on === "silence") this.onSilence(event.silent);
    else if (event.on === "seat") this.onSeat(event.held);
    else if (event.on === "report") {
      this.panel.show(event.report);
      this.taskbar.light("online", transportName(event.report.transport));
    }
  }

  private onState(state: State): void {
    const known = this.silent || !this.online;
    this.silent = false;
    this.online = state.is === "online";
    const { classList } = document.documentElement;
    classList.toggle("offline", !this.online);
    if (this.online) this.desk.popOuts.tellLost(null);
    if (state.is === "online") classList.toggle("view-only", state.role === "view");
    if (state.is === "online") {
      this.arrived(state.attempts, state.role === "view");
      this.transport = state.transport;
      this.taskbar.light("online", transportName(state.transport));
    } else if (state.is === "reconnecting") {
      this.notices.clear("seat");
      this.sayLost(known);
    } else if (state.is === "connecting") this.panel.tried(state.tried);
    this.refreshSoon();
  }

  /** A link that may still hold, as far as anybody knows: people see what they see of one that is lost. */
  private onSilence(silent: boolean): void {
    if (!this.online || silent === this.silent) return;
    this.silent = silent;
    document.documentElement.classList.toggle("offline", silent);
    if (silent) return this.sayLost(false);
    this.desk.popOuts.tellLost(null);
    this.notices.clear("connection");
    this.notices.speak(texts.session.back);
    this.taskbar.light("online", transportName(this.transport));
  }

  /** `known`: it was said before. */
  private sayLost(known: boolean): void {
    const { reconnecting } = texts.session;
    if (!known) this.notices.speak(reconnecting);
    this.desk.popOuts.tellLost(reconnecting);
    this.notices.keep("connection", reconnecting, "offline");
    this.taskbar.light("reconnecting");
  }

  private arrived(attempts: readonly Attempt[], views: boolean): void {
    const { session } = texts;
    this.panel.tried(attempts);
    this.notices.clear("connection");
    this.notices.clear("seat");
    if (views) this.notices.keep("view", session.viewOnly, "eye");
    else this.notices.clear("view");
    this.notices.speak(views ? session.viewOnlyHint : session.back);
    this.loadIcons();
  }

  private onSeat(held: boolean): void {
    if (this.desk.role === "view") return;
    if (held) {
      if (this.notices.clear("seat")) this.notices.speak(texts.session.seatBack);
    } else this.notices.keep("seat", texts.session.seatTaken, "people");
  }

  private copyable(copyable: boolean): void {
    const { input } = texts;
    if (!copyable) {
      this.notices.clear("copy");
      return;
    }
    const run = (): void => void this.desk.inputs.clipboard.copy();
    this.notices.keep("copy", input.copyHint, "copy", { label: input.copy, run });
  }

  /** Windows without an icon of their own have that of their app. */
  private loadIcons(): void {
    this.options.api.apps().then(
      (apps) => {
        this.desk.icons.catalogue(apps);
        this.start.know(apps);
        this.refreshSoon();
      },
      // The menu of apps says what is wrong when it is opened.
      () => {},
    );
  }

  private refreshSoon(): void {
    if (this.stale) return;
    this.stale = true;
    queueMicrotask(() => {
      this.stale = false;
      this.refresh();
    });
  }

  private refresh(): void {
    const { desk } = this;
    const shown = desk.windows.opened();
    for (const view of shown) {
      const icon = this.cards.iconOf(view);
      if (view.iconShown !== icon) {
        view.iconShown = icon;
        view.titlebar.icon.replaceChildren(desk.icons.element(icon, view.window.app_id || view.title));
      }
      desk.popOuts.describe(view);
    }
    this.taskbar.show(this.cards.opened());
    this.switcher.refresh();
    const active = desk.windows.activeWindow;
    document.title = active === undefined ? texts.name : `${active.title} – ${texts.name}`;
    document.documentElement.classList.toggle(
      "fullscreen-window",
      active?.shownMode === "fullscreen" && !desk.screen.compact,
    );
    document.documentElement.classList.toggle("compact", desk.screen.compact);
    this.vacant.hidden = !this.online || shown.length > 0;
    this.awake();
  }

  private makeStart(): Start {
    return new Start(document.body, this.taskbar.apps, this.desk.icons, {
      load: async () => {
        const apps = await this.options.api.apps();
        this.desk.icons.catalogue(apps);
        this.refreshSoon();
        return apps;
      },
      start: ({ id, name }) => this.launch(name, () => this.options.api.startApp(id)),
      run: (command) => this.launch(command, () => this.options.api.run(command)),
      session: () => this.sessionItems(),
      mayStart: () => this.desk.role === "control",
      closed: () => this.desk.refocus(),
    });
  }

  private launch(name: string, start: () => Promise<void>): void {
    this.notices.speak(fill(texts.start.starting, { name }));
    start().catch((error: Error) => this.notices.say(notStarted(name, error.message)));
  }

  private sessionItems(): { label: string; symbol: SymbolName; action: () => void }[] {
    const { start, desk_menu } = texts;
    const full = document.fullscreenElement !== null;
    const { inputs } = this.desk;
    const can = document.fullscreenEnabled === true;
    const fullscreen = {
      label: full ? start.leaveFullscreen : start.fullscreen,
      symbol: "fullscreen" as const,
      action: () => void inputs.main.fullscreen(full ? null : document.documentElement),
    };
    const share = {
      label: start.share,
      symbol: "share" as const,
      action: () => openShare(document.body, this.options.api),
    };
    const { top, left } = this.taskbar.apps.getBoundingClientRect();
    const shortcuts = {
      label: desk_menu.shortcuts,
      symbol: "keyboard" as const,
      action: () => this.menus.shortcuts({ x: left, y: top - 8 }),
    };
    return [
      ...(can ? [fullscreen] : []),
      ...(this.desk.screen.compact ? [] : [shortcuts]),
      { label: start.connection, symbol: "link", action: () => this.panel.toggle() },
      ...(this.desk.role === "control" ? [share] : []),
      { label: start.leave, symbol: "leave", action: this.options.leave },
    ];
  }

  private active(act: (view: View) => void): void {
    const view = this.desk.windows.activeWindow;
    if (view !== undefined) act(view);
  }

  private shortcut(shortcut: Shortcut, owner: Document): void {
    const { manager, popOuts } = this.desk;
    const menuAt = ({ frame }: View) => {
      const { left, top } = frame.getBoundingClientRect();
      return { x: left + 8, y: top + 34 };
    };
    // What is of the desk is on the page, which may be behind the window in which the keys were pressed.
    const onDesk = (act: () => void) => () => {
      if (owner !== document) window.focus();
      act();
    };
    const act: Record<Shortcut, () => void> = {
      next: onDesk(() => this.cycle.step(1, owner)),
      previous: onDesk(() => this.cycle.step(-1, owner)),
      apps: onDesk(() => this.start.toggle()),
      taskbar: onDesk(() => this.taskbar.apps.focus()),
      connection: onDesk(() => this.panel.toggle()),
      "window-menu": () => this.active((view) => this.menus.window(view, menuAt(view))),
      maximise: () => this.active((view) => manager.toggle(view, "maximized")),
      minimise: () =>
        this.active((view) =>
          view.shownMode === "normal" ? manager.minimise(view) : manager.set(view, "normal"),
        ),
      left: () => this.active((view) => manager.toggle(view, "left")),
      right: () => this.active((view) => manager.toggle(view, "right")),
      fullscreen: () => this.active((view) => void manager.fullscreen(view)),
      "pop-out": () =>
        this.active((view) => (view.home === "desk" ? popOuts.open(view) : popOuts.close(view))),
    };
    act[shortcut]();
  }
}

/** A way out of full screen for the pointer: comes when it rests at the upper edge. */
function reveal(leave: () => void): HTMLElement {
  const way = button({ class: "banner", text: texts.window.leaveFullscreen }, leave);
  return make("div", { class: "reveal", children: [way] });
}
