/** Icons of windows and apps, as addresses that images and tabs can show. */

import { sessionOf, type SessionId } from "../../page/window-key";
import type { Icon, IconId, Window } from "../../protocol/types";
import { make } from "./dom";

/** The most icons that are kept; a host that sends endless ones loses the old. */
const MAX_ICONS = 256;
/** As large as hosts may send. */
const MAX_SIDE = 128;

export class AppIcons {
  private readonly byId = new Map<IconId, string>();
  /** Icons of each session's catalogue, by app id. */
  private readonly catalogues = new Map<SessionId, Map<string, string>>();

  /** Notes an icon that the host sent; false if its size does not fit its pixels. */
  add({ id, side, rgba }: Icon): boolean {
    if (side < 1 || side > MAX_SIDE || rgba.length !== side * side * 4) return false;
    const canvas = make("canvas");
    canvas.width = canvas.height = side;
    const pixels = new ImageData(new Uint8ClampedArray(rgba), side, side);
    canvas.getContext("2d")?.putImageData(pixels, 0, 0);
    if (this.byId.size >= MAX_ICONS) this.byId.delete([...this.byId.keys()][0]!);
    this.byId.set(id, canvas.toDataURL());
    return true;
  }

  /** Notes the icons of the host's catalogue, for windows that bring none. */
  catalogue(session: SessionId, apps: readonly { id: string; icon: string | null }[]): void {
    const byApp = new Map<string, string>();
    this.catalogues.set(session, byApp);
    const known = apps.flatMap(({ id, icon }) => (icon === null ? [] : [{ name: key(id), icon }]));
    // Many windows call themselves by the last word of their app's name only.
    for (const { name, icon } of known) byApp.set(name.slice(name.lastIndexOf(".") + 1), icon);
    for (const { name, icon } of known) byApp.set(name, icon);
  }

  /** The address of a window's icon, if there is one. */
  of({ icon, app_id, track }: Pick<Window, "icon" | "app_id" | "track">): string | null {
    const own = icon === null ? undefined : this.byId.get(icon);
    return own ?? this.catalogues.get(sessionOf(track))?.get(key(app_id)) ?? null;
  }

  /** An element that shows an icon, or the name's first letter on a colour of its own. */
  element(address: string | null, name: string, owner: Document = document): HTMLElement {
    const icon = make("span", { class: "icon", document: owner });
    icon.setAttribute("aria-hidden", "true");
    const letter = (): void => {
      icon.classList.add("letter");
      // Drawn by the style sheet: a picture is no part of what stands beside it.
      icon.dataset["letter"] = ([...name.trim()][0] ?? "?").toUpperCase();
      icon.style.setProperty("--hue", String(hue(name)));
    };
    if (address === null) letter();
    else {
      const image = make("img", { document: owner });
      image.alt = "";
      image.draggable = false;
      image.addEventListener("error", letter, { once: true });
      image.src = address;
      icon.append(image);
    }
    return icon;
  }
}

/** App ids and `.desktop` files differ in case and in their ending only. */
function key(id: string): string {
  return id.replace(/\.desktop$/, "").toLowerCase();
}

function hue(name: string): number {
  let hash = 7;
  for (const character of name) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 360;
  return hash;
}
