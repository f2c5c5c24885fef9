/** What a window needs that finds the engine of the window before: a file of its own, loaded when there is one. */
export { takeOver } from "./takeOver.ts";
export { adoptEngine } from "./waitingEngine.ts";
