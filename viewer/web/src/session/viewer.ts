/**
 * The viewer's core: one end of one link to a host, over as many connections as it takes. Without IO and
 * clocks: facts go in by `handle…` with the present time in microseconds, decisions come out of `action`, and
 * `timeout` says when `handleTimeout` is due. After every call that changes something the caller drains
 * `action`.
 *
 * Invariants:
 * - Updates of a track are handed out in order, without gaps, and only while its window is known.
 * - After a welcome, windows that the host does not report again are gone as soon as it has said everything,
 *   which its first `Seat` marks.
 * - Nothing that this viewer pressed stays down once the focus is lost, or the host no longer knows the
 *   viewer.
 * - What the user did takes effect once, in order, also where a link broke on its way and while there is
 *   none, if a new link comes soon; else none of it does.
 * - What the front end is told of texts, sizes and places can be shown: see `sane.ts`. All tracks together
 *   hold no more pixels, and no more bytes of updates, than any honest session has; a host that exceeds that
 *   loses the link.
 * - At rest nothing is sent: pings and repeated feedback end some seconds after the last update.
 */

import { MAX_KEYMAP, VERSIONS } from "../protocol/wire";
import type {
  Configure,
  InputEvent,
  TextInput,
  ToHost,
  ToViewer,
  TrackId,
  Update,
  UpdateId,
  Welcome,
  Window,
} from "../protocol/types";
import type { Action, CoreState, Event, Introduction, Outbound, Unsent } from "./action";
import { ClipboardEnd } from "./clipboard";
import { Clock } from "./clock";
import { Feedbacks } from "./feedback";
import { HeldInput, goesBeforeInput, isSound } from "./input";
import { isMotion } from "./journal";
import { InputLane } from "./lane";
import { Tracker } from "./latency";
import { sane } from "./sane";
import { MAX_WINDOWS, TooMany, Windows, type Shown } from "./windows";

/** The core of one viewer. */
export class Viewer {
  private actions: Action[] = [];
  private now: CoreState = { is: "connecting" };
  private readonly windows = new Windows();
  /** Whether the host is still telling what there is. */
  private introducing = false;
  private seat = false;
  private readonly clock = new Clock();
  private readonly feedbacks = new Feedbacks();
  private readonly held = new HeldInput();
  /** The clipboard, both ways. */
  readonly clipboard = new ClipboardEnd(
    (message) => this.control({ Clipboard: message }),
    (event) => this.tell(event),
  );
  private readonly lane = new InputLane();
  private focus: TrackId | null = null;
  private textInput: { track: TrackId; input: TextInput } | null = null;
  private lock: TrackId | null = null;
  private keymap: string | null = null;
  /** Latency per stage since the viewer started. */
  readonly latency = new Tracker();

  /** A connection to the host stands: the viewer introduces itself with its right to join. */
  handleConnected(now: number, { key, ...introduction }: Introduction): void {
    this.windows.begin();
    const resume = this.lane.resume(now, key);
    this.control({ Hello: { versions: VERSIONS, ...introduction, resume } });
  }

  /**
   * The connection is lost. The windows stay, and so does what is held down, if the host of the next
   * connection knows the viewer again; whoever has lost sight of the user's hands calls `releaseHeld`.
   * `handleConnected` follows when there is a new one.
   */
  resetLink(): void {
    if (this.now.is === "live") {
      const { session, role } = this.now;
      this.setState({ is: "reconnecting", session, role });
    }
    this.windows.begin();
    this.feedbacks.clear();
    this.latency.begin();
    this.setTextInput(null);
    this.setLock(null);
    this.lane.reset();
    if (this.seat) this.tell({ on: "seat", held: (this.seat = false) });
    this.clipboard.end(null);
  }

  /** A message of the host. */
  handleControl(now: number, said: ToViewer): void {
    const message = sane(said);
    if ("Welcome" in message) this.welcome(now, message.Welcome);
    else if ("Refused" in message) this.end({ why: "refused", refusal: message.Refused });
    else if ("Goodbye" in message) this.end({ why: "goodbye", reason: message.Goodbye.reason });
    else if (!this.isLive) this.protocol("a message before the welcome");
    else if ("Window" in message) this.windowReported(message.Window);
    else if ("WindowGone" in message) this.windowGone(message.WindowGone.track);
    else if ("Icon" in message) this.tell({ on: "icon", icon: message.Icon });
    else if ("Cursor" in message) this.tell({ on: "cursor", cursor: message.Cursor });
    else if ("Seat" in message) this.seatHeld(message.Seat.held);
    else if ("Clipboard" in message) this.clipboard.hear(now, message.Clipboard);
    else if ("Bell" in message) this.tell({ on: "bell", track: message.Bell.track });
    else if ("Notice" in message) this.tell({ on: "notice", notice: message.Notice });
    else if ("Drag" in message) this.tell({ on: "drag", drag: message.Drag.drag });
    else if ("Pong" in message) this.clock.pong(now, message.Pong.viewer, message.Pong.host);
    else if ("TextInput" in message) {
      const { track, input } = message.TextInput;
      if (input === null) this.noTextInput(track);
      else this.setTextInput(this.windows.shown.has(track) ? { track, input } : null);
    } else if ("PointerLock" in message) {
      const { track } = message.PointerLock;
      this.setLock(track !== null && this.windows.shown.has(track) ? track : null);
    } else {
      // The desktop will see the release of the button, we shall not.
      this.releaseHeld(now);
      this.tell({ on: "grabbed", ...message.Grabbed });
    }
  }

  /** An update has arrived whole. Updates have streams of their own, so they may overtake the welcome. */
  handleUpdate(now: number, update: Update): void {
    if (this.now.is === "closed") return;
    this.clock.touch();
    const { track, id } = update;
    if (this.windows.isGone(track)) {
      // Its window is gone; the host still wants to know that the link has room again.
      const feedback = { track, update: id, received_at: now, decoded_at: now, presented_at: null };
      this.send({ lane: "feedback", feedback });
      return;
    }
    this.bounded(() => {
      this.windows.insert(now, update);
      this.handOut(track);
    });
  }

  /**
   * An update that was handed out has been applied. `whole` is when the last came of what travelled beside
   * it, null if nothing did: what a link is slow with must not count as the viewer's own slowness.
   */
  handleApplied(
    now: number,
    track: TrackId,
    id: UpdateId,
    { whole, decoded }: { whole: number | null; decoded: number },
  ): void {
    const shown = this.windows.shown.get(track);
    const applied = this.windows.applied(track, id);
    if (applied === undefined || shown === undefined) return;
    const { cause, timing } = applied;
    const received = Math.max(applied.received, whole ?? 0);
    const fresh = id > 1 && shown.captured !== null && timing.captured > shown.captured;
    shown.size = applied.size;
    shown.exact = applied.exact;
    shown.captured = timing.captured;
    this.latency.decoded(this.clock, { track, id, received, decoded, cause, timing, fresh });
    const feedback = { track, update: id, received_at: received, decoded_at: decoded, presented_at: null };
    this.feedbacks.decoded(now, feedback);
  }

  /** What was applied up to this update is on the screen. */
  handlePresented(now: number, track: TrackId, id: UpdateId): void {
    this.latency.presented(now, track, id);
    const feedback = this.feedbacks.presented(now, track, id);
    if (feedback !== null) this.send({ lane: "feedback", feedback });
  }

  /** The time that `timeout` asked for has come. Calling it earlier or more often does no harm. */
  handleTimeout(now: number): void {
    if (this.isLive) {
      for (const feedback of this.feedbacks.due(now)) this.send({ lane: "feedback", feedback });
      if (this.clock.due(now, this.held.repeats)) this.control({ Ping: { viewer: now } });
    }
    this.clipboard.end(now);
  }

  /**
   * The user's input on a window, which happened at `at`. Between two links all but motion waits, and is sent
   * if the host knows the viewer again. Answers why it was not sent, or null.
   */
  handleInput(at: number, track: TrackId, event: InputEvent): Unsent | null {
    const { is } = this.now;
    if (is !== "live" && is !== "reconnecting") return "not connected";
    if (this.now.role === "view") return "this link allows only to look, not to use";
    if (this.waits && !this.lane.takes(event)) return "not connected";
    if (!this.windows.shown.has(track)) return "no such window";
    if (!isSound(event)) return "the input is longer than the protocol allows, or its position is no number";
    const remaining = this.held.hold(track, event, this.lock);
    if (remaining === null) return "nothing changes by it";
    this.sendInput(at, track, remaining);
    return null;
  }

  /**
   * Which window of this viewer has the desktop's keyboard focus; null: none. Then everything held is
   * released.
   */
  handleFocus(now: number, track: TrackId | null): void {
    if (track === null) this.releaseHeld(now);
    if (this.focus === track) return;
    this.focus = track;
    this.control({ Focus: { track } });
  }

  /** Releases everything that is held down, and ends what is being composed. */
  releaseHeld(now: number): void {
    for (const [track, event] of this.held.release()) this.sendInput(now, track, event);
  }

  /**
   * Says how this viewer wants a window to be, which counts while it has the seat. The front end numbers its
   * wishes for a window in increasing order: the window's `configured` names the newest that its state
   * answers.
   */
  configure(track: TrackId, configure: Configure): void {
    this.control({ Configure: { track, configure } });
  }

  /**
   * Asks for what is on the session's clipboard, by the front end's number; without a link there is nothing.
   */
  readClipboard(now: number, request: number, mime: string): void {
    if (this.isLive) this.clipboard.request(now, request, mime);
    else this.clipboard.refuse(request);
  }

  /** The user pressed outside of all popups, or the desktop took the focus away. */
  dismissPopups(): void {
    this.control("DismissPopups");
  }

  /**
   * The user does something to windows that is no input of an app: takes the seat, if nobody else is using
   * the apps.
   */
  takeSeat(): void {
    this.control("TakeSeat");
  }

  /** Whether anybody can see a window here. */
  setVisible(track: TrackId, visible: boolean): void {
    const shown = this.windows.shown.get(track);
    if (shown === undefined || shown.visible === visible) return;
    shown.visible = visible;
    this.control({ Visible: { track, visible } });
  }

  /** The user's keyboard layout, as xkb text (ASCII). One that is over the protocol's bound is not sent. */
  setKeymap(text: string): void {
    if (text.length > MAX_KEYMAP) return;
    this.keymap = text;
    this.control({ Keymap: { text } });
  }

  /** The last message of a viewer that leaves for good. */
  goodbye(now: number): void {
    this.releaseHeld(now);
    this.control("Goodbye");
  }

  /** What to do next, in order. */
  *drain(): Generator<Action> {
    while (this.actions.length > 0) {
      const actions = this.actions;
      this.actions = [];
      yield* actions;
    }
  }

  /** When `handleTimeout` is due next, if nothing else happens; may lie in the past. */
  timeout(): number | null {
    const live = this.isLive ? [this.feedbacks.timeout(), this.clock.timeout(this.held.repeats)] : [];
    const all = [...live, this.clipboard.timeout()].filter((at) => at !== null);
    return all.length > 0 ? Math.min(...all) : null;
  }

  get state(): CoreState {
    return this.now;
  }

  /** One window. */
  window(track: TrackId): Shown | undefined {
    return this.windows.shown.get(track);
  }

  /** The least round trip of the newest pings, in microseconds. */
  roundTrip(): number | null {
    return this.clock.roundTrip();
  }

  private get isLive(): boolean {
    return this.now.is === "live";
  }

  /** Whether input waits: for a link, or until what was done before it was sent again. */
  private get waits(): boolean {
    return !this.isLive || this.lane.isReturning;
  }

  private sendInput(at: number, track: TrackId, event: InputEvent): void {
    const input = this.lane.number(at, track, event);
    if (this.waits) return this.lane.waits(input);
    this.clock.touch();
    this.latency.input(input.id, at);
    this.lane.sent(input);
    this.send({ lane: isMotion(event) ? "motion" : "input", input });
  }

  private welcome(now: number, welcome: Welcome): void {
    const { version, session, viewer, role, resumed } = welcome;
    if (version < VERSIONS.oldest || version > VERSIONS.newest || this.isLive) {
      return this.protocol("an impossible welcome");
    }
    if (this.now.is === "reconnecting" && this.now.session !== session) {
      for (const track of this.windows.unconfirmed()) this.windowVanished(track);
    }
    this.clock.begin(now, welcome.now);
    this.introducing = true;
    this.lane.welcomed(viewer, resumed);
    // A host that does not know this viewer has released what it held down.
    if (resumed === null) this.held.release();
    this.setState({ is: "live", session, viewer, role });
    if (this.keymap !== null && role === "control") this.control({ Keymap: { text: this.keymap } });
    this.handleTimeout(now);
  }

  /** Whether input reaches the apps. The first time after a welcome also means: that was everything. */
  private seatHeld(held: boolean): void {
    if (this.introducing) {
      this.introducing = false;
      for (const track of this.windows.unconfirmed()) this.windowGone(track);
      for (const [track, { visible }] of this.windows.shown) {
        if (!visible) this.control({ Visible: { track, visible } });
      }
      // Who is known again has the focus that it had.
      if (this.focus !== null || this.lane.isReturning) this.control({ Focus: { track: this.focus } });
      this.clipboard.offerAgain();
      for (const input of this.lane.again()) this.send({ lane: "input", input });
    }
    this.seat = held;
    this.tell({ on: "seat", held });
  }

  private windowReported(window: Window): void {
    const { shown } = this.windows;
    if (shown.size >= MAX_WINDOWS && !shown.has(window.track)) {
      return this.protocol(`more than ${MAX_WINDOWS} windows`);
    }
    const { track, parent } = window;
    if (parent !== null && this.windows.isAtOrAbove(track, parent)) window = { ...window, parent: null };
    this.windows.report(window);
    this.tell({ on: "window", window });
    this.bounded(() => this.handOut(track));
  }

  /** A window is gone, and its late updates are to be dropped. */
  private windowGone(track: TrackId): void {
    this.windowVanished(track);
    this.windows.bury(track);
  }

  private windowVanished(track: TrackId): void {
    this.feedbacks.forget(track);
    this.latency.forget(track);
    this.held.forget(track);
    if (this.focus === track) this.focus = null;
    this.noTextInput(track);
    if (this.lock === track) this.setLock(null);
    if (this.windows.remove(track)) this.tell({ on: "window-gone", track });
  }

  private noTextInput(track: TrackId): void {
    if (this.textInput?.track === track) this.setTextInput(null);
  }

  private setTextInput(place: { track: TrackId; input: TextInput } | null): void {
    const track = place?.track ?? this.textInput?.track;
    if (track === undefined) return;
    this.textInput = place;
    this.tell({ on: "text-input", track, input: place?.input ?? null });
  }

  private setLock(track: TrackId | null): void {
    if (this.lock === track) return;
    this.lock = track;
    this.tell({ on: "pointer-lock", track });
  }

  /** Hands out the updates of a track that are next in order, if its window is known. */
  private handOut(track: TrackId): void {
    for (let update = this.windows.next(track); update !== undefined; update = this.windows.next(track)) {
      this.actions.push({ do: "apply", update });
    }
  }

  /** Does what may exceed a bound: that ends the link. */
  private bounded(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (!(error instanceof TooMany)) throw error;
      this.protocol(error.message);
    }
  }

  private setState(state: CoreState): void {
    if (this.now.is === "closed") return;
    this.now = state;
    this.actions.push({ do: "state", state });
  }

  private end(end: Extract<CoreState, { is: "closed" }>["end"]): void {
    this.setState({ is: "closed", end });
  }

  private protocol(reason: string): void {
    this.end({ why: "protocol", reason });
  }

  private tell(event: Event): void {
    this.actions.push({ do: "tell", event });
  }

  private send(outbound: Outbound): void {
    this.actions.push({ do: "send", outbound });
  }

  /** Sends on the control lane; without a link only the greeting goes out. */
  private control(message: ToHost): void {
    const greeting = typeof message === "object" && "Hello" in message;
    if (!this.isLive && !greeting) return;
    if (goesBeforeInput(message)) this.lane.precede();
    this.send({ lane: "control", message });
  }
}
