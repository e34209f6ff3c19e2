/** The windows that have browser windows of their own, and their way out and back. */

import { fill, texts } from "../../language";
import { sessionOf, type SessionId } from "../../page/window-key";
import type { TrackId } from "../../protocol/types";
import type { Windows } from "../model/windows";
import type { Send } from "../window/picture";
import type { PopupArea } from "../window/popup";
import type { Screen } from "../window/screen";
import type { View } from "../window/view";
import { PopOut } from "./popout";

export interface PopOutsHost {
  send: Send;
  /** Holds the windows that are on the desk. */
  layer: HTMLElement;
  /** Takes input in another document, or no longer. */
  openInput(parent: HTMLElement): void;
  closeInput(owner: Document): void;
  /** A view has a new canvas, perhaps in another document: its input and popups follow. */
  redrawn(view: View): void;
  /** A view stands somewhere else: gives it a place there. */
  placeAnew(view: View): void;
  /** Lays a view out where it stands. */
  arrange(view: View): void;
  moved(view: View): void;
  /** The address of a view's icon. */
  iconOf(view: View): string | null;
  activate(track: TrackId): void;
  say(text: string): void;
  /** Tells screen readers. */
  speak(text: string): void;
  settle(): void;
  changed(): void;
}

export class PopOuts {
  private readonly byView = new Map<View, PopOut>();
  /** What is said of sessions whose hosts do not answer. */
  private readonly lost = new Map<SessionId, string>();

  constructor(
    private readonly windows: Windows<View>,
    private readonly host: PopOutsHost,
  ) {}

  /** Opens a browser window for a view; must be called within a user's gesture. */
  open(view: View): void {
    if (view.home === "carried") return;
    const { host } = this;
    const known = this.byView.get(view);
    if (known !== undefined) return known.win.focus();
    const out = PopOut.open(view, host.send, {
      changed: () => this.arrange(view),
      focused: () => host.activate(view.track),
      visibility: () => host.settle(),
      closed: () => this.close(view),
    });
    if (out === null) return host.say(texts.window.blocked);
    this.byView.set(view, out);
    view.home = "popped-out";
    host.openInput(out.layer);
    host.redrawn(view);
    out.arrange();
    this.describe(view);
    out.tellLost(this.lost.get(sessionOf(view.track)) ?? null);
    for (const dialog of this.windows.dialogsOf(view.track)) this.carry(dialog);
    host.settle();
    if (this.windows.active === view.track) host.activate(view.track);
    host.speak(fill(texts.window.poppedOut, { title: view.title }));
    host.changed();
  }

  /** Puts a view back on the desk. */
  close(view: View): void {
    const out = this.byView.get(view);
    if (out === undefined) return;
    const { host } = this;
    this.leave(view);
    view.home = "desk";
    view.content.append(view.redraw(document, host.send), view.question.element);
    host.redrawn(view);
    host.closeInput(out.document);
    out.dispose();
    host.arrange(view);
    host.settle();
    if (document.hasFocus()) host.activate(view.track);
    host.changed();
  }

  /** The window is going away for good. */
  forget(view: View): void {
    const out = this.byView.get(view);
    if (out === undefined) return;
    this.leave(view);
    this.host.closeInput(out.document);
    out.dispose();
  }

  /** Its dialogs go back to the desk first. */
  private leave(view: View): void {
    this.byView.delete(view);
    for (const dialog of this.windows.dialogsOf(view.track)) this.bringBack(dialog);
  }

  /** A dialog of a window that is out stands in the same browser window: its user looks there. */
  carry(view: View): void {
    const out = this.carrierOf(view);
    if (out === null || view.home !== "desk") return;
    view.home = "carried";
    this.move(view, out.layer);
  }

  private bringBack(view: View): void {
    if (view.home !== "carried") return;
    view.home = "desk";
    this.move(view, this.host.layer);
  }

  private move(view: View, layer: HTMLElement): void {
    layer.append(view.group);
    view.content.append(view.redraw(layer.ownerDocument, this.host.send));
    this.host.redrawn(view);
    if (view.opened) this.host.placeAnew(view);
  }

  /** The browser window of the nearest parent that has one. */
  private carrierOf(view: View): PopOut | null {
    for (const owner of this.windows.ownersOf(view.track)) {
      const out = this.byView.get(owner);
      if (out !== undefined) return out;
    }
    return null;
  }

  /** The room in which a view stands, if that is not the desk. */
  screenOf(view: View): Screen | null {
    if (view.home === "desk") return null;
    return (this.byView.get(view) ?? this.carrierOf(view))?.screen ?? null;
  }

  /** The host does not answer, in words; or it does. Whoever looks at one of these does not see the page. */
  tellLost(session: SessionId, lost: string | null): void {
    if (lost === null) this.lost.delete(session);
    else this.lost.set(session, lost);
    for (const [view, out] of this.byView) if (sessionOf(view.track) === session) out.tellLost(lost);
  }

  closeAll(): void {
    for (const out of this.byView.values()) out.win.close();
  }

  /** The host changed a window that is out. */
  follow(view: View): void {
    view.wishes.heard(view.window);
    this.light(view);
    this.describe(view);
  }

  light(view: View): void {
    this.byView.get(view)?.light();
  }

  describe(view: View): void {
    this.byView.get(view)?.describe(this.host.iconOf(view));
  }

  popupAreaOf(view: View): PopupArea | null {
    return this.byView.get(view)?.popupArea() ?? null;
  }

  isHidden(view: View): boolean {
    return (this.byView.get(view) ?? this.carrierOf(view))?.hidden ?? false;
  }

  /** Brings a browser window to the front. */
  show(view: View): void {
    this.byView.get(view)?.win.focus();
  }

  /** Its room has changed, or whose layout windows have. */
  arrange(view: View): void {
    this.byView.get(view)?.arrange();
    this.host.moved(view);
    for (const dialog of this.windows.dialogsOf(view.track)) if (dialog.opened) this.host.arrange(dialog);
  }
}
