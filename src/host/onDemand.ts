/** What views and editors ask for at the user's wish: a file of its own, loaded with the first such wish. */
export { formatFrames, parseFrames } from "../shared/frameText.ts";
export { chooseDecoder } from "./decoderChoice.ts";
export { nameSequences } from "./nameSequences.ts";
export { readyDemo } from "./readyDemo.ts";
