import { UserError } from "../shared/userError.ts";
import { utf8Text } from "./decode/text.ts";

/** Linux takes arguments up to 128 KiB. */
const MAX_ARGUMENT_BYTES = 100_000;

/** Octets as text. Throws a UserError for those that no command line can hold. */
export function shellText(frame: Uint8Array): string {
  const text = utf8Text(frame);
  if (text !== undefined) return text;
  throw notForShells("it has octets that are no text");
}

/** A word as a POSIX shell reads it. Throws a UserError for one that no command line can hold. */
export function shellWord(word: string): string {
  if (word.includes("\0")) throw notForShells("it has a zero octet");
  if (Buffer.byteLength(word) > MAX_ARGUMENT_BYTES) throw notForShells("it is too long");
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function notForShells(why: string): UserError {
  return new UserError(
    "not-for-shells",
    `This call cannot be written as a command line: ${why}. Copy it as Python or JavaScript.`,
  );
}
