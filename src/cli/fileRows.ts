import type { DialectName } from "../shared/dialects.ts";
import type { CompileFilter, RowFilter } from "./compileFilter.ts";
import type { OpenedFile, OpenFile } from "./openCaptureFile.ts";
import type { Output } from "./output.ts";

/** What reads files and filters for the commands about them. */
export type FileTools = { readonly open: OpenFile; readonly compile: CompileFilter };

type FileOptions = {
  readonly file: string;
  readonly filter: string | null;
  readonly dialect: DialectName | null;
};

/** Gives the rows from `from` to `to` something to do; false when no more are wanted. */
type TakeRows = (from: number, to: number, fits: (n: number) => boolean) => Promise<boolean>;

/**
 * Opens a file, and hands its rows over as they come, those that fit the filter. Resolves with the exit code: 2 for a bad
 * filter, 1 for a file that cannot be read whole, each with a sentence on stderr.
 */
export async function overFile(
  { open, compile }: FileTools,
  { file: path, filter, dialect }: FileOptions,
  stderr: Output,
  begin: (opened: OpenedFile) => Promise<{ take: TakeRows; end: (isWanted: boolean) => Promise<void> }>,
): Promise<number> {
  let opened: OpenedFile | undefined;
  try {
    const findings = filter === null ? null : { disabled: [] };
    opened = await open(path, { isWhole: filter !== null, dialect, findings });
    const { capture } = opened;
    const compiled: RowFilter | { readonly problem: string } =
      filter === null ? { matches: () => true } : compile(filter, capture);
    if ("problem" in compiled) {
      await stderr.write(`${compiled.problem}\n`);
      return 2;
    }
    const { take, end } = await begin(opened);
    let last = 0;
    let isWanted = true;
    const onRows = async (): Promise<void> => {
      const { lastN } = capture;
      await capture.talk.settled();
      await capture.findings.settled();
      if (isWanted && lastN > last) isWanted = await take(last + 1, lastN, compiled.matches);
      last = lastN;
    };
    const problem = await opened.read(onRows);
    await onRows();
    await end(isWanted);
    if (problem === null) return 0;
    await stderr.write(`${problem}\n`);
    return 1;
  } catch (error) {
    await stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    await opened?.close();
  }
}
