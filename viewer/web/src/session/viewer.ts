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

import { VERSIONS } from "../protocol/wire";
import type {
  Configure,
  InputEvent,
  ToHost,
  ToViewer,
  TrackId,
  Update,
  UpdateId,
  Welcome,
  Window,
} from "../protocol/types";
import type { Action, CoreState, Introduction, Unsent } from "./action";
import { ClipboardEnd } from "./clipboard";
import { Clock } from "./clock";
import { Feedbacks } from "./feedback";
import { HeldInput, goesBeforeInput, isSound } from "./input";
import { isMotion } from "./journal";
import { Keyboard } from "./keyboard";
import { InputLane } from "./lane";
import { Tracker, type Latency } from "./latency";
import { Link } from "./link";
import { Outbox } from "./outbox";
import { sane } from "./sane";
import { Seat } from "./seat";
import { Wants } from "./wants";
import { TooMany, Windows, type Shown } from "./windows";

/**
 * The core of one viewer. It owns nothing itself but routes: each field is a concern, whose state is private
 * to its file.
 */
export class Viewer {
  private readonly out = new Outbox();
  private readonly link = new Link(this.out);
  private readonly seat = new Seat(this.out);
  private readonly windows = new Windows();
  private readonly clock = new Clock();
  private readonly tracker = new Tracker();
  private readonly feedbacks = new Feedbacks();
  private readonly lane = new InputLane();
  private readonly held = new HeldInput();
  private readonly keyboard = new Keyboard();
  private readonly clipboard = new ClipboardEnd(this.out, (message) => this.control({ Clipboard: message }));
  private readonly wants = new Wants(this.out);

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
    this.link.lost();
    this.windows.begin();
    this.feedbacks.clear();
    this.tracker.begin();
    this.wants.lost();
    this.lane.reset();
    this.seat.lost();
    this.clipboard.end(null);
  }

  /** A message of the host. */
  handleControl(now: number, said: ToViewer): void {
    const message = sane(said);
    if ("Welcome" in message) this.welcome(now, message.Welcome);
    else if ("Refused" in message) this.link.close({ why: "refused", refusal: message.Refused });
    else if ("Goodbye" in message) this.link.close({ why: "goodbye", reason: message.Goodbye.reason });
    else if (!this.link.isLive) this.protocol("a message before the welcome");
    else if ("Window" in message) this.windowReported(message.Window);
    else if ("WindowGone" in message) this.windowGone(message.WindowGone.track);
    else if ("Icon" in message) this.out.tell({ on: "icon", icon: message.Icon });
    else if ("Cursor" in message) this.out.tell({ on: "cursor", cursor: message.Cursor });
    else if ("Seat" in message) this.seatHeld(message.Seat.held);
    else if ("Clipboard" in message) this.clipboard.handle(now, message.Clipboard);
    else if ("Bell" in message) this.out.tell({ on: "bell", track: message.Bell.track });
    else if ("Notice" in message) this.out.tell({ on: "notice", notice: message.Notice });
    else if ("Drag" in message) this.out.tell({ on: "drag", drag: message.Drag.drag });
    else if ("Pong" in message) this.clock.pong(now, message.Pong.viewer, message.Pong.host);
    else if ("TextInput" in message) {
      const { track, input } = message.TextInput;
      if (input === null) this.wants.endTextInput(track);
      else this.wants.setTextInput(this.windows.contains(track) ? { track, input } : null);
    } else if ("PointerLock" in message) {
      const { track } = message.PointerLock;
      this.wants.setLock(track !== null && this.windows.contains(track) ? track : null);
    } else {
      // The desktop will see the release of the button, we shall not.
      this.releaseHeld(now);
      this.out.tell({ on: "grabbed", ...message.Grabbed });
    }
  }

  /** An update has arrived whole. Updates have streams of their own, so they may overtake the welcome. */
  handleUpdate(now: number, update: Update): void {
    if (this.link.isClosed) return;
    this.clock.touch();
    const { track, id } = update;
    if (this.windows.isGone(track)) {
      // Its window is gone; the host still wants to know that the link has room again.
      const feedback = { track, update: id, received_at: now, decoded_at: now, presented_at: null };
      this.out.send({ lane: "feedback", feedback });
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
    const applied = this.windows.applied(track, id);
    if (applied === null) return;
    const { cause, timing, fresh } = applied;
    const received = Math.max(applied.received, whole ?? 0);
    this.tracker.decoded(this.clock, { track, id, received, decoded, cause, timing, fresh });
    const feedback = { track, update: id, received_at: received, decoded_at: decoded, presented_at: null };
    this.feedbacks.decoded(now, feedback);
  }

  /** What was applied up to this update is on the screen. */
  handlePresented(now: number, track: TrackId, id: UpdateId): void {
    this.tracker.presented(now, track, id);
    const feedback = this.feedbacks.presented(now, track, id);
    if (feedback !== null) this.out.send({ lane: "feedback", feedback });
  }

  /** The time that `timeout` asked for has come. Calling it earlier or more often does no harm. */
  handleTimeout(now: number): void {
    if (this.link.isLive) {
      for (const feedback of this.feedbacks.due(now)) this.out.send({ lane: "feedback", feedback });
      if (this.clock.due(now, this.held.repeats)) this.control({ Ping: { viewer: now } });
    }
    this.clipboard.end(now);
  }

  /**
   * The user's input on a window, which happened at `at`. Between two links all but motion waits, and is sent
   * if the host knows the viewer again. Answers why it was not sent, or null.
   */
  handleInput(at: number, track: TrackId, event: InputEvent): Unsent | null {
    const refused = this.link.mayNotUse();
    if (refused !== null) return refused;
    if (this.waits && !this.lane.takes(event)) return "not connected";
    if (!this.windows.contains(track)) return "no such window";
    if (!isSound(event)) return "the input is longer than the protocol allows, or its position is no number";
    const remaining = this.held.hold(track, event, this.wants.lock);
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
    this.control(this.keyboard.setFocus(track));
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
    if (this.windows.setVisible(track, visible)) this.control({ Visible: { track, visible } });
  }

  /** The user's keyboard layout, as xkb text (ASCII). One that is over the protocol's bound is not sent. */
  setKeymap(text: string): void {
    this.control(this.keyboard.setKeymap(text));
  }

  /** The user has put something on this viewer's own clipboard; none: it is this viewer's no more. */
  offerClipboard(mimes: string[]): void {
    this.clipboard.offer(mimes);
  }

  /**
   * Asks for what is on the session's clipboard. The front end numbers its requests: `clipboard-content` of
   * that number is the answer, within seconds, or at once if there is no link or too much is asked for
   * already.
   */
  requestClipboard(now: number, request: number, mime: string): void {
    if (this.link.isLive) this.clipboard.request(now, request, mime);
    else this.clipboard.refuse(request);
  }

  /** Answers the event `clipboard-wanted`; null if there is no such content. */
  provideClipboard(request: number, data: Uint8Array | null): void {
    this.clipboard.provide(request, data);
  }

  /** The last message of a viewer that leaves for good. */
  goodbye(now: number): void {
    this.releaseHeld(now);
    this.control("Goodbye");
  }

  /** What to do next, in order. */
  drain(): Generator<Action> {
    return this.out.drain();
  }

  /** When `handleTimeout` is due next, if nothing else happens; may lie in the past. */
  timeout(): number | null {
    const live = this.link.isLive ? [this.feedbacks.timeout(), this.clock.timeout(this.held.repeats)] : [];
    const all = [...live, this.clipboard.timeout()].filter((at) => at !== null);
    return all.length > 0 ? Math.min(...all) : null;
  }

  get state(): CoreState {
    return this.link.state;
  }

  /** One window. */
  window(track: TrackId): Shown | undefined {
    return this.windows.get(track);
  }

  /** Latency per stage since the viewer started, or was cleared. */
  get latency(): Latency {
    return this.tracker.latency;
  }

  /** The least round trip of the newest pings, in microseconds. */
  roundTrip(): number | null {
    return this.clock.roundTrip();
  }

  /** Whether input waits: for a link, or until what was done before it was sent again. */
  private get waits(): boolean {
    return !this.link.isLive || this.lane.isReturning;
  }

  private sendInput(at: number, track: TrackId, event: InputEvent): void {
    const input = this.lane.number(at, track, event);
    if (this.waits) return this.lane.waits(input);
    this.clock.touch();
    this.tracker.input(input.id, at);
    this.lane.sent(input);
    this.out.send({ lane: isMotion(event) ? "motion" : "input", input });
  }

  private welcome(now: number, welcome: Welcome): void {
    const { version, session, viewer, role, resumed } = welcome;
    if (version < VERSIONS.oldest || version > VERSIONS.newest || this.link.isLive) {
      return this.protocol("an impossible welcome");
    }
    if (this.link.isOfAnother(session)) {
      for (const track of this.windows.unconfirmed()) this.windowVanished(track);
    }
    this.clock.begin(now, welcome.now);
    this.lane.welcomed(viewer, resumed);
    // A host that does not know this viewer has released what it held down.
    if (resumed === null) this.held.release();
    this.link.welcomed(session, viewer, role);
    if (role === "control") this.control(this.keyboard.keymapAgain());
    this.handleTimeout(now);
  }

  /** Whether input reaches the apps. The first time after a welcome also means: that was everything. */
  private seatHeld(held: boolean): void {
    if (this.link.introduced()) {
      for (const track of this.windows.unconfirmed()) this.windowGone(track);
      for (const track of this.windows.hidden()) this.control({ Visible: { track, visible: false } });
      this.control(this.keyboard.focusAgain(this.lane.isReturning));
      this.clipboard.offerAgain();
      for (const input of this.lane.again()) this.out.send({ lane: "input", input });
    }
    this.seat.set(held);
  }

  private windowReported(window: Window): void {
    const { track, parent } = window;
    const isAbove = parent !== null && this.windows.isAtOrAbove(track, parent);
    const reported = { ...window, parent: isAbove ? null : parent };
    this.bounded(() => {
      this.windows.report(reported);
      this.out.tell({ on: "window", window: reported });
      this.handOut(track);
    });
  }

  /** A window is gone, and its late updates are to be dropped. */
  private windowGone(track: TrackId): void {
    this.windowVanished(track);
    this.windows.bury(track);
  }

  private windowVanished(track: TrackId): void {
    this.feedbacks.forget(track);
    this.tracker.forget(track);
    this.held.forget(track);
    this.keyboard.forgetTrack(track);
    this.wants.forgetTrack(track);
    if (this.windows.remove(track)) this.out.tell({ on: "window-gone", track });
  }

  /** Hands out the updates of a track that are next in order, if its window is known. */
  private handOut(track: TrackId): void {
    for (let update = this.windows.next(track); update !== undefined; update = this.windows.next(track)) {
      this.out.push({ do: "apply", update });
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

  private protocol(reason: string): void {
    this.link.close({ why: "protocol", reason });
  }

  /** Sends on the control lane, if there is something to say; without a link only the greeting goes out. */
  private control(message: ToHost | null): void {
    if (message === null) return;
    const greeting = typeof message === "object" && "Hello" in message;
    if (!this.link.isLive && !greeting) return;
    if (goesBeforeInput(message)) this.lane.precede();
    this.out.send({ lane: "control", message });
  }
}
