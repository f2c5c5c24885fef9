import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import { isOutOfDescriptors } from "../faults.ts";

/**
 * Whether so many more files or sockets can be opened now. A listener cannot say it: libuv closes the clients that it finds no
 * descriptor for, and tells nobody. Costs a few system calls for each.
 */
export function canOpen(count: number): boolean {
  const opened: number[] = [];
  try {
    while (opened.length < count) opened.push(openSync(devNull, "r"));
    return true;
  } catch (error) {
    return !isOutOfDescriptors(error);
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}
