/** What views and editors ask for at the user's wish: a file of its own, loaded with the first such wish. */
export { chooseDecoder } from "./decoderChoice.ts";
export { readyDemo } from "./readyDemo.ts";
