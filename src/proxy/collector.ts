import { setFlagsFromString } from "node:v8";

/**
 * Has V8 collect garbage in one step, for a process that relays. Each received chunk is memory outside of V8's small heap, so
 * that a collection is due every 64 MB of traffic. Collecting that heap takes 2 to 4 ms; marking it bit by bit beside the
 * traffic took longer, and was begun twice as often: a quarter of all the CPU time of a tap with messages of 10 kB.
 */
export function collectInOneStep(): void {
  setFlagsFromString("--no-incremental-marking");
}
