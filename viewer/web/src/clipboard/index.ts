export { Clipboard, type ClipboardInput, type ClipboardOptions } from "./clipboard";
