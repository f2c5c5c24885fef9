import { write } from "node:fs";

/** How long to wait when the other end of a non-blocking stdout takes nothing. */
const FULL_MS = 10;

/**
 * Writes to a file descriptor in the thread pool. process.stdout blocks the whole process on a terminal or pipe that is
 * not read; a tap must go on relaying.
 */
export class Output {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Resolves once all of `text` was taken, with false when nobody reads any more. Call it again only then. */
  async write(text: string): Promise<boolean> {
    let rest: Buffer = Buffer.from(text);
    while (rest.length > 0) {
      const written = await this.#writeSome(rest);
      if (written < 0) return false;
      rest = rest.subarray(written);
    }
    return true;
  }

  #writeSome(bytes: Buffer): Promise<number> {
    return new Promise((resolve, reject) => {
      write(this.#fd, bytes, (error, written) => {
        if (error === null) resolve(written);
        else if (error.code === "EAGAIN") setTimeout(() => resolve(0), FULL_MS);
        else if (error.code === "EPIPE") resolve(-1);
        else reject(error);
      });
    });
  }
}
