/** Calls and the dialects they are made in: a file of its own, which the engine loads when it comes to them. */
export { Caller } from "./caller.ts";
export { readCall } from "./callReading.ts";
export { copyCode } from "./copyCode.ts";
export { dialectInfos } from "./dialects/registry.ts";
export { renewRequest } from "./replayRequest.ts";
export { seenCalls } from "./seenCalls.ts";
