import { UserError } from "../shared/userError.ts";
import type { Capture } from "../proxy/capture/capture.ts";
import type { Mark } from "../shared/model.ts";

/** A capture file while it is read: rows come into `capture`, the oldest go when there are too many. */
export type OpenedFile = {
  readonly capture: Capture;
  readonly markOf: (n: number) => Mark | null;
  /**
   * Reads the file. `onRows` is told when more rows are there, and reading goes on when it is done with them, so that none
   * goes before it was looked at. Resolves with what is wrong with the file, in one sentence, or `null`.
   */
  readonly read: (onRows: () => Promise<void>) => Promise<string | null>;
};

/** Rejects with a UserError when there is no such file, or it is no capture file. */
export type OpenFile = (path: string) => Promise<OpenedFile>;

export const openCaptureFile: OpenFile = (path) =>
  Promise.reject(new UserError("cannot-read", `${path} cannot be read: this version does not read capture files yet.`));
