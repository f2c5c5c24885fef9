/** What is done with one message that somebody opened or copies. All decoders are a file of their own, loaded with the first. */
export { copyAs } from "./copyAs.ts";
export { frameValue } from "./decode/frameValue.ts";
export { normalisedFrames, normalisedMessage } from "./normalised.ts";
