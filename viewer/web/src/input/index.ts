/**
 * What people do, on its way to the apps: keys, text, pointers, fingers. Where it all comes together is
 * `Input`, one for each document: the page's, and that of every window that was popped out.
 *
 * ```ts
 * const platform = detectPlatform(navigator);
 * const send = (command: Command) => client.send(command);
 * // One of each for all documents:
 * const holder = new KeyboardHolder();
 * const gate = new Gate(keeps);
 * const layout = new Layout({ send, storage: localStorage, languages: navigator.languages });
 * void layout.ask(navigator);
 * const clipboard = new Clipboard({
 *   ...{ send, webkit: platform.webkit },
 *   focused: () => navigatorOfTheFocusedDocument,
 *   pending: (waiting) => showCopyButton(waiting),
 * });
 * // One for each document:
 * const input = new Input({
 *   ...{ document, parent, send, holder, layout, clipboard, platform, gate, pressed },
 *   label: "Keyboard input",
 * });
 * ```
 *
 * - `parent` holds the hidden text sink: an element that is positioned, spans the windows, and is not hidden.
 * - `keeps(event)` answers true for keys that the page keeps (its shortcuts). The page acts on them in there.
 *   `gate.take(taker)` asks of every key for a while, as dragging does for Escape; `gate.hear(hearer)` hears
 *   of all releases.
 * - `pressed(surface)`: mouse, pen or finger came down on a track: raise its window, then
 *   `input.focus(surface.toplevel)`.
 *
 * What the page calls:
 *
 * - `const detach = input.attach(surface)` for every track's canvas; `detach()` when it goes or moves to
 *   another document.
 * - `input.focus(toplevel)` gives a window the keyboard, `input.focus(null)` takes it away. This sends
 *   `focus` to the host; the page need not. While `input.focused` the keyboard is the app's; while anything
 *   else of the page has the DOM's focus it is the page's.
 * - `input.handle(event)` with every event of the engine (text-input, pointer-lock, seat, state,
 *   window-gone), and `clipboard.handle(event)` likewise, once.
 *   Presses outside of all popups are told to the host here, whatever was pressed.
 * - `input.combo(combo)` for a menu of `COMBOS`: what browsers keep for themselves. Their names: `combo.id`.
 * - `input.handOver(toplevel)` on `grabbed`: the press is the page's from now on.
 * - `input.fullscreen(element)` enters or leaves full screen with Keyboard Lock where there is one.
 * - `input.paste()`, called in a click, pastes into the app. `clipboard.copy()`, called in a click, does what
 *   `pending` asked for.
 * - `input.dispose()` when the document goes.
 *
 * On phones:
 *
 * - `input.touchMode = "direct" | "trackpad" | "touch"`. Trackpads work on all of `input.stage(element)`;
 *   `drawCursor` places one.
 * - `input.showKeyboard()` in a click opens the soft keyboard, `hideKeyboard()` closes it; `keyboardShown`
 *   says.
 * - `const zoom = new Zoom()` is the view's zoom and pan; `new ZoomView({ zoom, stage, content, size, caret:
 *   () => input.caret() })` applies it to the content (CSS transform), follows `visualViewport`, and keeps
 *   the caret in view. Give `zoom` as an option of `Input` so that pinches arrive, and call `view.reveal()`
 *   in its option `caretMoved`, `view.layout()` when the window changes its size. Have `<meta name=viewport
 *   content="width=device-width, initial-scale=1, interactive-widget=overlays-content, viewport-fit=cover">`.
 * - `new Keybar({ parent, names, input })` makes the bar's buttons. Classes: `keybar`, `keybar-page`,
 *   `keybar-key`, and the attributes `aria-pressed` (true, false, or mixed for "until the next key"). Rules:
 *   `style.css`.
 *
 * Canvases and the stage get `touch-action: none` here. Style them `user-select: none; -webkit-touch-callout:
 * none`.
 */

export { COMBOS, type Combo } from "./keyboard/combos";
export { Gate, type Taker } from "./keyboard/gate";
export { Input, KeyboardHolder, type InputOptions } from "./input";
export { Keybar, type KeybarNames } from "./keybar";
export { Layout } from "./keyboard/layout";
export { detectPlatform, type Platform } from "./keyboard/platform";
export { within, type Surface } from "./pointer/surface";
export type { TouchMode } from "./touch/gesture";
export { LARGEST, Zoom } from "./touch/zoom";
export { ZoomView } from "./touch/zoom-view";
