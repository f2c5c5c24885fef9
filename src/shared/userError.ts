/** What a failure looks like on its way through a channel: never a stack, payload or key. */
export type Refusal = { readonly code: string; readonly message: string };

/**
 * A failure that a user can do something about. The message says what failed, why, and what to do; it is written once,
 * by the function that makes the error, and shown unchanged.
 */
export class UserError extends Error {
  /** The extension is several bundles, each with this class: what counts is what an error says it is. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === "UserError";
  }

  override readonly name = "UserError";
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Puts a failure into words for the other side of a channel. Anything but a UserError is a bug, and is called one. */
export function toRefusal(error: unknown): Refusal {
  if (error instanceof UserError) return { code: error.code, message: error.message };
  const what = error instanceof Error ? error.message : String(error);
  return { code: "bug", message: `ZMQ Tap failed in a way it should not: ${what}. See the ZMQ Tap output channel.` };
}
