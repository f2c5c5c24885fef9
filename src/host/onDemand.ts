/**
 * What views and editors ask for at the user's wish, and what shows findings: a file of its own, loaded with the first such
 * wish or the first finding.
 */
export { formatFrames, parseFrames } from "../shared/frameText.ts";
export { chooseDecoder } from "./decoderChoice.ts";
export { FindingsView } from "./findingsView.ts";
export { readyDemo } from "./readyDemo.ts";
export { savePicture } from "./savePicture.ts";
