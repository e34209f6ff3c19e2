/** The desk with all that stands around it: taskbar, menus, panel, notices. */

import type { Waiting } from "../desk/desk";
import { fill, texts } from "../../language";
import type { Attempt, Event, State } from "../../link/vocabulary";
import { Cards } from "../window/cards";
import { Previews } from "../window/previews";
import { Desk } from "../desk/desk";
import { Launches, type Launch } from "../model/launches";
import { storage } from "../desk/inputs";
import { button, make } from "../widgets/dom";
import { openMenu } from "../widgets/menu";
import { buttons, openSheet } from "../widgets/sheet";
import type { SymbolName } from "../widgets/symbols";
import { Menus } from "./menus";
import { Notices } from "../widgets/notices";
import { Panel, transportName } from "../panel/panel";
import type { Session } from "../../page/session";
import type { Sessions } from "../../page/sessions";
import { sessionOf, trackOf, type SessionId, type WindowKey } from "../../page/window-key";
import { within } from "../../input";
import { setTitle } from "../widgets/title";
import { tellFailure } from "./failure";
import { Habits } from "./habits";
import { guardLeaving } from "./leaving";
import { Lost, type Stage } from "./lost";
import { openSettings } from "./settings";
import { openShare } from "./share";
import { FileRoom, type Under } from "./file-room";
import type { Shortcut } from "../desk/shortcuts";
import { notStarted, Start } from "./start";
import { Cycle, Switcher } from "../phone/switcher";
import { BarPreview } from "./bar-preview";
import { Taskbar } from "./taskbar";
import { isVacant, vacancy } from "./vacancy";
import type { View } from "../window/view";
import { keepAwake } from "./screen-wake-lock";

export interface ShellOptions {
  sessions: Sessions;
  only: string | null;
  /** The user leaves a session. */
  leave(session: Session): void;
}

export class Shell {
  readonly desk: Desk;
  readonly notices = new Notices(document.body);
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
  /** The sessions whose hosts do not answer. */
  private readonly lost = new Set<SessionId>();
  /** What is said of that, by session. */
  private readonly losses = new Map<SessionId, Lost>();
  /** The sessions whose hosts have told all windows that there are. */
  private readonly told = new Set<SessionId>();
  private readonly launches = new Launches();
  private readonly habits = new Map<SessionId, Habits>();
  private readonly files = new FileRoom(document.body, () => this.desk.refocus());

  constructor(private readonly options: ShellOptions) {
    const { sessions, only } = options;
    this.desk = new Desk({
      ...{ sessions, only, notices: this.notices },
      changed: () => this.refreshSoon(),
      shortcut: (shortcut, owner) => this.shortcut(shortcut, owner),
      menu: (view, at) => this.menus.window(view, at),
      opened: (appId) => this.launches.opened(appId),
      copyable: (session, waiting) => this.copyable(session, waiting),
    });
    const { desk } = this;
    const { manager } = desk;
    const previews = new Previews({
      canvas: (track) => desk.windows.get(track)?.picture.canvas,
      watched: (tracks) => desk.watch(tracks),
    });
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
        choose: (entries, label, at) => {
          const items = entries.map(({ track, title, active }) => ({
            ...{ label: title, checked: active },
            action: () => manager.pick(track),
          }));
          openMenu(document, label, items, at, () => desk.refocus());
        },
      },
      desk.icons,
      new BarPreview(document.body, previews, desk.icons),
    );
    this.taskbar.element.addEventListener("keydown", ({ key }) => key === "Escape" && desk.refocus());
    desk.element.after(this.taskbar.element);
    const choosing = {
      cards: () => this.cards.recent(),
      pick: (track: number) => desk.activate(track),
    };
    this.switcher = new Switcher(document.body, desk.icons, previews, {
      ...choosing,
      close: (track) => sessions.send({ do: "close", track }),
      left: () => desk.refocus(),
    });
    this.cycle = new Cycle(document.body, desk.icons, previews, {
      ...choosing,
      pick: (track) =>
        desk.windows.get(track)?.home === "desk" ? desk.activate(track) : manager.pick(track),
      hear: (hearer) => desk.inputs.gate.hear(hearer),
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
      sessions.send({ do: "report", on });
      if (!on) desk.refocus();
    });
    document.body.append(reveal(() => this.active((view) => void manager.fullscreen(view))));
    this.vacant = vacancy(only, () => this.start.toggle());
    // Beside the stage, whose fingers are windows' and press no buttons.
    desk.element.append(this.vacant);
    // Alone on a page there is nothing to choose from.
    this.taskbar.element.hidden = only !== null;
    document.documentElement.classList.toggle("embedded", only !== null);
    this.files.takeDrops(document, (at) => this.under(at));
    guardLeaving({
      typedAt: () => desk.inputs.gate.typedAt,
      atWork: () => this.online && desk.windows.opened().length > 0,
      stayed: () => this.sayOnce("full-screen", texts.leaving.full),
    });
    this.awake = keepAwake(() => {
      const looked = desk.windows.opened();
      const watched = looked.some(({ window: { states } }) => states.awake && !states.minimized);
      return this.online && (watched || (desk.screen.compact && looked.length > 0));
    });
    this.refresh();
  }

  /** Something happened in a session, which still is as it was before. */
  handle(session: Session, event: Event): void {
    this.desk.handle(session, event);
    if (event.on === "state") this.onState(session, event.state);
    else if (event.on === "silence") this.onSilence(session, event.silent);
    else if (event.on === "seat") this.onSeat(session, event.held);
    else if (event.on === "report" && session === this.session) {
      this.panel.show(event.report);
      this.taskbar.light("online", transportName(event.report.transport));
    }
  }

  private onState(session: Session, state: State): void {
    const known = session.silent || !session.online;
    const online = state.is === "online";
    this.mark(session, !online);
    if (online) this.told.delete(session.id);
    if (online) this.desk.popOuts.tellLost(session.id, null);
    if (state.is === "online") {
      const views = this.options.sessions
        .all()
        .every((one) => (one === session ? state : one).role === "view");
      document.documentElement.classList.toggle("view-only", views);
      this.arrived(session, state.attempts, state.role === "view");
      this.light(session, () => this.taskbar.light("online", transportName(state.transport)));
    } else if (state.is === "reconnecting") {
      session.notices.clear("seat");
      this.tellLost(session, known);
    } else if (state.is === "connecting") this.panel.tried(state.tried);
    this.refreshSoon();
  }

  /** A link that may still hold, as far as anybody knows: users see the same as of one that is lost. */
  private onSilence(session: Session, silent: boolean): void {
    if (!session.online || silent === session.silent) return;
    this.mark(session, silent);
    if (silent) return this.tellLost(session, false);
    this.desk.popOuts.tellLost(session.id, null);
    this.lossOf(session).end();
    session.notices.clear("connection");
    session.notices.speak(texts.session.back);
    this.light(session, () => this.taskbar.light("online", transportName(session.transport)));
  }

  /** Notes whether a session's host answers. The page is grey when none does. */
  private mark(session: Session, lost: boolean): void {
    if (lost) this.lost.add(session.id);
    else this.lost.delete(session.id);
    const all = this.lost.size >= this.options.sessions.all().length;
    document.documentElement.classList.toggle("offline", all);
  }

  /** The light in the taskbar is that of the session that is in use. */
  private light(session: Session, light: () => void): void {
    if (session === this.session) light();
  }

  /** `known`: it was said before. */
  private tellLost(session: Session, known: boolean): void {
    const { reconnecting } = texts.session;
    if (!known) session.notices.speak(reconnecting);
    this.desk.popOuts.tellLost(session.id, reconnecting);
    this.lossOf(session).begin();
    this.light(session, () => this.taskbar.light("reconnecting"));
  }

  private lossOf(session: Session): Lost {
    const known = this.losses.get(session.id);
    if (known !== undefined) return known;
    const lost = new Lost((stage) => this.sayLost(session, stage));
    this.losses.set(session.id, lost);
    return lost;
  }

  /** What to check and what to do, once it takes longer than a moment. */
  private sayLost({ notices, api, client }: Session, stage: Stage): void {
    const { reconnecting, check, gone, tryNow } = texts.session;
    const text = { lost: reconnecting, check, gone }[stage];
    const again = { label: tryNow, run: () => client.send({ do: "network-changed" }) };
    notices.keep(
      "connection",
      fill(text, { host: hostOf(api) }),
      "offline",
      stage === "lost" ? undefined : again,
    );
    if (stage !== "lost") notices.speak(fill(text, { host: hostOf(api) }));
  }

  /** A sentence that this browser is told once. */
  private sayOnce(key: string, text: string): void {
    const store = storage();
    if (store?.getItem(`dormer-told-${key}`) != null) return;
    this.notices.say(text, "keyboard");
    try {
      store?.setItem(`dormer-told-${key}`, "yes");
    } catch {
      // Then it is told again.
    }
  }

  private arrived(session: Session, attempts: readonly Attempt[], views: boolean): void {
    const { notices } = session;
    this.panel.tried(attempts);
    this.lossOf(session).end();
    notices.clear("connection");
    notices.clear("seat");
    if (views) notices.keep("view", texts.session.viewOnly, "eye");
    else notices.clear("view");
    notices.speak(views ? texts.session.viewOnlyHint : texts.session.back);
    this.loadIcons(session);
  }

  private onSeat({ id, role, notices }: Session, held: boolean): void {
    // Whoever has the seat is said once all windows are.
    this.told.add(id);
    this.refreshSoon();
    if (role === "view") return;
    if (held) {
      if (notices.clear("seat")) notices.speak(texts.session.seatBack);
    } else notices.keep("seat", texts.session.seatTaken, "people");
  }

  private copyable(session: Session, waiting: Waiting): void {
    const { input } = texts;
    if (waiting === "nothing") {
      session.notices.clear("copy");
      return;
    }
    const run = (): void => this.desk.inputs.clipboards.of(session).copy();
    const hint = waiting === "secret" ? input.secretHint : input.copyHint;
    session.notices.keep("copy", hint, "copy", { label: input.copy, run });
  }

  /** Windows without an icon of their own have that of their app. */
  private loadIcons(session: Session): void {
    session.api.apps(document.documentElement.lang).then(
      (apps) => {
        this.desk.icons.catalogue(session.id, apps);
        if (session === this.session) this.start.know(apps);
        this.refreshSoon();
      },
      // The menu of apps says what is wrong when it is opened.
      () => {},
    );
  }

  /** The session of the active window; without one the first. */
  private get session(): Session | undefined {
    const { sessions } = this.options;
    return sessions.get(sessionOf(this.desk.windows.active ?? 0)) ?? sessions.all()[0];
  }

  /** What is at a point of the page; over no window, the session in use. */
  private under(at: { x: number; y: number }): Under | undefined {
    const surface = this.desk.inputs.main.surfaces.at(document, at);
    const over = surface === undefined ? undefined : this.options.sessions.get(sessionOf(surface.toplevel));
    if (surface !== undefined && over !== undefined)
      return { session: over, place: { track: trackOf(surface.track as WindowKey), ...within(surface, at) } };
    return this.session === undefined ? undefined : { session: this.session, place: null };
  }

  /** Whether there is a link to any host. */
  private get online(): boolean {
    return this.options.sessions.all().some(({ online }) => online);
  }

  private get mayControl(): boolean {
    return this.session?.role === "control";
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
    this.launches.prune(Date.now());
    this.taskbar.await(this.launches.all());
    this.switcher.refresh();
    const active = desk.windows.activeWindow;
    setTitle(active?.title ?? null);
    document.documentElement.classList.toggle(
      "fullscreen-window",
      active?.shownMode === "fullscreen" && !desk.screen.compact,
    );
    document.documentElement.classList.toggle("compact", desk.screen.compact);
    this.vacant.hidden = !isVacant({
      online: this.online,
      told: this.session !== undefined && this.told.has(this.session.id),
      shown: shown.length,
      coming: desk.windows.all().filter((view) => !view.opened && !desk.windows.excludes(view)).length,
      starting: this.launches.all().length,
    });
    this.awake();
  }

  private makeStart(): Start {
    return new Start(document.body, this.taskbar.apps, this.desk.icons, {
      load: async () => {
        const { session } = this;
        if (session === undefined) return [];
        const apps = await session.api.apps(document.documentElement.lang);
        this.desk.icons.catalogue(session.id, apps);
        this.refreshSoon();
        return apps;
      },
      start: (app) => {
        this.habitsOf().used(app.id);
        this.launch(app, (session) => session.api.startApp(app.id));
      },
      run: (command) =>
        this.launch({ id: command, name: command, icon: null }, (session) => session.api.run(command)),
      menu: (app, item, at) => {
        const habits = this.habitsOf();
        const like = {
          ...{ label: habits.likes(app.id) ? texts.start.unlike : texts.start.like, symbol: "star" as const },
          action: () => {
            habits.toggle(app.id);
            this.start.refresh();
          },
        };
        openMenu(document, app.name, [{ label: texts.start.open, action: () => item.click() }, like], at);
      },
      habits: () => this.habitsOf(),
      host: () => (this.session === undefined ? "" : hostOf(this.session.api)),
      session: () => this.sessionItems(),
      mayStart: () => this.mayControl,
      closed: () => this.desk.refocus(),
    });
  }

  private habitsOf(session = this.session): Habits {
    const id = session?.id ?? 0;
    const known = this.habits.get(id);
    if (known !== undefined) return known;
    const made = new Habits(storage(), id === 0 ? "" : session?.api.origin);
    this.habits.set(id, made);
    return made;
  }

  /** Starts an app. That it starts is shown at once, whatever the host's answer takes. */
  private launch(
    app: { id: string; name: string; icon: string | null },
    start: (session: Session) => Promise<number | null>,
  ): void {
    const { session } = this;
    if (session === undefined) return;
    const { name } = app;
    const launch = this.launches.begin(Date.now(), app);
    const text = fill(texts.start.starting, { name });
    this.notices.speak(text);
    // Phones have no room in the bar.
    if (this.desk.screen.compact) this.notices.say(text, "run");
    this.refresh();
    start(session).then(
      (pid) => void this.follow(session, launch, pid),
      (error: Error) => {
        this.launches.end(launch);
        this.notices.say(notStarted(name, error.message));
        this.refreshSoon();
      },
    );
  }

  /** Waits for an app's window, and says why if the app ends before there is one. */
  private async follow({ api }: Session, launch: Launch, pid: number | null): Promise<void> {
    while (pid !== null && this.launches.awaits(launch)) {
      const fate = await api.fate(pid).catch(() => null);
      this.launches.prune(Date.now());
      if (fate === null) break;
      if (fate.running) continue;
      if (!fate.well && this.launches.awaits(launch))
        tellFailure(this.notices, launch.name, fate, () => this.desk.refocus());
      this.launches.end(launch);
    }
    this.refreshSoon();
  }

  private sessionItems(): { label: string; symbol: SymbolName; action: () => void }[] {
    const { session } = this;
    if (session === undefined) return [];
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
      action: () => openShare(document.body, session.api, () => this.desk.refocus()),
    };
    const files = {
      label: start.files,
      symbol: "folder" as const,
      action: () => void this.files.open(session),
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
      ...(this.mayControl ? [files, share] : []),
      { label: start.settings, symbol: "settings", action: () => this.openSettings() },
      { label: start.leave, symbol: "leave", action: () => this.askToLeave(session) },
    ];
  }

  private openSettings(): void {
    openSettings(document.body, {
      store: storage(),
      touch: (mode) => (this.desk.touch.mode = mode),
      closed: () => this.desk.refocus(),
    });
  }

  private askToLeave(session: Session): void {
    const { title, text, leave, stay } = texts.leaving;
    const act = () => {
      sheet.close();
      this.options.leave(session);
    };
    const sheet = openSheet(
      document.body,
      fill(title, { host: hostOf(session.api) }),
      [
        make("p", { text }),
        buttons({ text: stay, act: () => sheet.close() }, { text: leave, primary: true, act }),
      ],
      () => this.desk.refocus(),
    );
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
      next: onDesk(() => this.cycle.step(1)),
      previous: onDesk(() => this.cycle.step(-1)),
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
      answer: () => this.active(({ question }) => question.ask()),
    };
    act[shortcut]();
  }
}

/** A way out of full screen for the pointer: comes when it rests at the upper edge. */
function reveal(leave: () => void): HTMLElement {
  const way = button({ class: "banner", text: texts.window.leaveFullscreen }, leave);
  return make("div", { class: "reveal", children: [way] });
}

/** A host's name, as the address says it. */
function hostOf({ origin }: { origin: string }): string {
  return origin.replace(/^https?:\/\//, "");
}
