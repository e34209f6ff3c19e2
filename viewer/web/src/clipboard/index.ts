export { Clipboard, type ClipboardOptions } from "./clipboard";
