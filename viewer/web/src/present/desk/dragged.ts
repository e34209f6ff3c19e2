/** What an app lets the user drag, drawn at the pointer as long as that lasts. */

import type { Drag } from "../../protocol/types";
import { beside } from "../widgets/cursor";

export class Dragged {
  private shown: ReturnType<typeof beside> = null;
  /** Where the pointer is. */
  private at = { x: 0, y: 0 };

  constructor(private readonly parent: HTMLElement) {
    const follow = ({ clientX: x, clientY: y }: PointerEvent) => {
      this.at = { x, y };
      this.place();
    };
    parent.ownerDocument.addEventListener("pointermove", follow, { capture: true, passive: true });
    parent.ownerDocument.addEventListener("pointerdown", follow, { capture: true, passive: true });
  }

  show(drag: Drag | null): void {
    this.shown?.element.remove();
    this.shown = drag?.picture ? beside(drag.picture) : null;
    if (this.shown === null) return;
    const { style } = this.shown.element;
    style.cssText += "position:fixed;left:0;top:0;z-index:2147483647;pointer-events:none";
    this.parent.append(this.shown.element);
    this.place();
  }

  private place(): void {
    if (this.shown === null) return;
    const { element, x, y } = this.shown;
    element.style.transform = `translate(${this.at.x - x}px, ${this.at.y - y}px)`;
  }
}
