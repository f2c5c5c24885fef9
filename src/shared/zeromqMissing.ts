import { UserError } from "./userError.ts";

/** What `zeromq` throws in a package that carries no native file of it, as its error's `code`. */
export const NO_NATIVE_FILE = "ZMQ_TAP_NO_NATIVE_FILE";

const MAX_REASON_CHARS = 200;
const STILL_WORKS = "Taps, also with keys, and calls through a tap work without it.";

/** `what` cannot be done, since `zeromq` could not be loaded, which failed with `cause`. `what` is what the user asked for, such as "A bridge". */
export function zeromqMissing(what: string, cause: unknown): UserError {
  const { code, message } = reasonOf(cause);
  return new UserError("zeromq-missing", `${what} needs the zeromq library, ${why(code, message)} ${STILL_WORKS}`, {
    cause,
  });
}

function why(code: string, message: string): string {
  if (code === NO_NATIVE_FILE)
    return (
      "which the universal package of ZMQ Tap does not carry. Install the package for this machine; there is one each for " +
      "Linux with glibc or musl, macOS and Windows, on x64 and arm64."
    );
  if (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND")
    return (
      "which is not installed. It is an optional dependency of the npm package zmq-tap: install that again with " +
      "--include=optional."
    );
  return (
    `which cannot be loaded on this machine (${message}). Install the package of ZMQ Tap for this machine, or, where it ` +
    "came with npm, build the library anew with npm rebuild zeromq."
  );
}

function reasonOf(cause: unknown): { readonly code: string; readonly message: string } {
  if (!(cause instanceof Error)) return { code: "", message: firstLine(String(cause)) };
  return { code: "code" in cause ? String(cause.code) : "", message: firstLine(cause.message) };
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]!.slice(0, MAX_REASON_CHARS);
}
