import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { newSlab, type Slab } from "../capture/conversation.ts";
import { cannotWrite } from "../faults.ts";

const BUFFER_BYTES = 4 * 1024 * 1024;
/** What is captured may be secret, so others of this machine do not get to read it. */
const OWNER_ONLY = 0o600;

/**
 * A file that is written in large pieces while the next one is filled. Memory is bounded as long as its user waits with
 * drain() while isFull. Every failure is a UserError that names the file.
 */
export class OutputFile {
  /** Memory being filled up to `used`; call reserve() first. */
  slab: Slab = newSlab(BUFFER_BYTES);
  used = 0;
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #written: string;
  /** Full buffers that wait for the one before them, or for nothing but the disk. */
  #waiting = 0;
  #writing: Promise<void> = Promise.resolve();
  #spare: Slab[] = [];
  #failure: unknown;
  #bytesBefore = 0;

  private constructor(path: string, written: string, handle: FileHandle) {
    this.path = path;
    this.#written = written;
    this.#handle = handle;
  }

  /** Writes `<path>.part`, which becomes `path` at the end, in place of a file that has this name. */
  static async createPart(path: string): Promise<OutputFile> {
    const written = `${path}.part`;
    try {
      // What an earlier program left; a link that somebody put there is not followed.
      await rm(written, { force: true });
      return new OutputFile(path, written, await open(written, "wx", OWNER_ONLY));
    } catch (error) {
      throw cannotWrite(path, error);
    }
  }

  /** Writes `path` itself, so that what was flushed is there whatever becomes of this program. */
  static async create(path: string, { overwrite }: { overwrite: boolean }): Promise<OutputFile> {
    try {
      return new OutputFile(path, path, await open(path, overwrite ? "w" : "wx", OWNER_ONLY));
    } catch (error) {
      throw cannotWrite(path, error);
    }
  }

  /** Octets of the file, those that are still in memory included. */
  get bytes(): number {
    return this.#bytesBefore + this.used;
  }

  /** The disk is behind, or has failed: wait with drain() before filling on. */
  get isFull(): boolean {
    return this.#waiting > 1 || this.#failure !== undefined;
  }

  /** Makes sure that `count` octets fit behind `used`; `slab` and `used` may be others afterwards. */
  reserve(count: number): void {
    if (this.used + count <= this.slab.bytes.length) return;
    this.#handOver();
    if (count > this.slab.bytes.length) this.slab = newSlab(count);
  }

  /** Adds text as UTF-8. */
  addText(text: string): void {
    const length = Buffer.byteLength(text);
    this.reserve(length);
    this.used += this.slab.bytes.write(text, this.used, length);
  }

  /** Resolves when there is room again. Rejects with a UserError when the file cannot be written any more. */
  async drain(): Promise<void> {
    await this.#writing;
    if (this.#failure !== undefined) throw cannotWrite(this.path, this.#failure);
  }

  /** Resolves when everything so far is written. */
  async flush(): Promise<void> {
    this.#handOver();
    await this.drain();
  }

  /** Writes the rest, closes, and gives the file its name. */
  async finish(): Promise<void> {
    await this.flush();
    try {
      await this.#handle.close();
      if (this.#written !== this.path) await rename(this.#written, this.path);
    } catch (error) {
      throw cannotWrite(this.path, error);
    }
  }

  /** Closes, and removes the file unless it has its name already. Never rejects. */
  async discard(): Promise<void> {
    await this.#writing;
    await this.#handle.close().catch(() => undefined);
    if (this.#written !== this.path) await rm(this.#written, { force: true }).catch(() => undefined);
  }

  /** Gives the filled buffer to the disk, and takes another one. */
  #handOver(): void {
    if (this.used === 0) return;
    const { slab, used } = this;
    this.#bytesBefore += used;
    this.#waiting += 1;
    this.#writing = this.#writing.then(() => this.#write(slab, used));
    this.slab = this.#spare.pop() ?? newSlab(BUFFER_BYTES);
    this.used = 0;
  }

  async #write(slab: Slab, used: number): Promise<void> {
    try {
      for (let at = 0; at < used && this.#failure === undefined;) {
        at += (await this.#handle.write(slab.bytes, at, used - at)).bytesWritten;
      }
    } catch (error) {
      this.#failure = error;
    }
    this.#waiting -= 1;
    if (slab.bytes.length === BUFFER_BYTES && this.#spare.length < 2) this.#spare.push(slab);
  }
}
