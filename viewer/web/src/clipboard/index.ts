export { Clipboard, type ClipboardInput, type ClipboardOptions, type Waiting } from "./clipboard";
