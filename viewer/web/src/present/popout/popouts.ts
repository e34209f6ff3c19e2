/** The windows that have browser windows of their own, and their way out and back. */

import { fill, texts } from "../../language";
import type { Desk } from "../desk/desk";
import { PopOut } from "./popout";
import type { PopupArea } from "../desk/popups";
import type { Screen } from "../desk/screen";
import type { View } from "../window/view";

/** Deeper nesting of dialogs than this is taken for a circle. */
const MAX_DEPTH = 32;

export class PopOuts {
  private readonly byView = new Map<View, PopOut>();
  private lost: string | null = null;

  constructor(private readonly desk: Desk) {}

  /** Opens a browser window for a view; must be called within a user's gesture. */
  open(view: View): void {
    if (view.home === "carried") return;
    const { options, inputs, wishes } = this.desk;
    const known = this.byView.get(view);
    if (known !== undefined) return known.win.focus();
    const out = PopOut.open(view, options.send, {
      changed: () => this.arrange(view),
      focused: () => this.desk.activate(view.track),
      visibility: () => this.desk.visibility.settle(),
      closed: () => this.close(view),
    });
    if (out === null) return options.notices.say(texts.window.blocked);
    this.byView.set(view, out);
    view.home = "popped-out";
    inputs.open(out.layer);
    this.desk.moveInput(view);
    out.arrange(wishes);
    this.describe(view);
    out.tellLost(this.lost);
    for (const dialog of this.dialogsOf(view)) this.carry(dialog);
    this.desk.visibility.settle();
    if (this.desk.active === view.track) this.desk.activate(view.track);
    options.notices.speak(fill(texts.window.poppedOut, { title: view.title }));
    options.changed();
  }

  /** Puts a view back on the desk. */
  close(view: View): void {
    const out = this.byView.get(view);
    if (out === undefined) return;
    const dialogs = this.dialogsOf(view);
    this.byView.delete(view);
    for (const dialog of dialogs) this.bringBack(dialog);
    view.home = "desk";
    view.content.append(view.redraw(document, this.desk.options.send));
    this.desk.moveInput(view);
    this.desk.inputs.close(out.document);
    out.dispose();
    this.desk.arranger.apply(view);
    this.desk.visibility.settle();
    this.desk.moved(view);
    if (document.hasFocus()) this.desk.activate(view.track);
    this.desk.options.changed();
  }

  /** Its window is gone for good. */
  forget(view: View): void {
    const out = this.byView.get(view);
    if (out === undefined) return;
    const dialogs = this.dialogsOf(view);
    this.byView.delete(view);
    for (const dialog of dialogs) this.bringBack(dialog);
    this.desk.inputs.close(out.document);
    out.dispose();
  }

  /** A dialog of a window that is out stands in the same browser window: there its user is. */
  carry(view: View): void {
    const out = this.carrierOf(view);
    if (out === null || view.home !== "desk") return;
    view.home = "carried";
    this.move(view, out.layer);
  }

  private bringBack(view: View): void {
    if (view.home !== "carried") return;
    view.home = "desk";
    this.move(view, this.desk.layer);
  }

  private move(view: View, layer: HTMLElement): void {
    layer.append(view.group);
    view.content.append(view.redraw(layer.ownerDocument, this.desk.options.send));
    this.desk.moveInput(view);
    if (view.normal === null) return;
    view.normal = this.desk.arranger.placeFor(view);
    this.desk.arranger.apply(view);
    this.desk.moved(view);
  }

  private dialogsOf(view: View): View[] {
    const { tree, views } = this.desk;
    return tree.dependants(view.track).flatMap((track) => views.get(track) ?? []);
  }

  /** The browser window of the nearest parent that has one. */
  private carrierOf(view: View): PopOut | null {
    const { tree, views } = this.desk;
    let track = tree.owner(view.track);
    for (let depth = 0; track !== null && depth < MAX_DEPTH; depth++) {
      const owner = views.get(track);
      const out = owner === undefined ? undefined : this.byView.get(owner);
      if (out !== undefined) return out;
      track = tree.owner(track);
    }
    return null;
  }

  /** The room in which a view stands, if that is not the desk. */
  screenOf(view: View): Screen | null {
    if (view.home === "desk") return null;
    return (this.byView.get(view) ?? this.carrierOf(view))?.screen ?? null;
  }

  /** The host does not answer, in words; or it does. Whoever looks at one of these does not see the page. */
  tellLost(lost: string | null): void {
    this.lost = lost;
    for (const out of this.byView.values()) out.tellLost(lost);
  }

  closeAll(): void {
    for (const out of this.byView.values()) out.win.close();
  }

  /** The host changed a window that is out. */
  follow(view: View): void {
    const { wishes } = this.desk;
    wishes.heard(view.window);
    this.light(view);
    this.describe(view);
  }

  light(view: View): void {
    this.byView.get(view)?.light(this.desk.wishes);
  }

  describe(view: View): void {
    const { icon, app_id } = view.window;
    this.byView.get(view)?.describe(this.desk.icons.of(icon, app_id));
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

  private arrange(view: View): void {
    this.byView.get(view)?.arrange(this.desk.wishes);
    this.desk.moved(view);
    for (const dialog of this.dialogsOf(view)) if (dialog.normal !== null) this.desk.arranger.apply(dialog);
  }
}
