/** Frames of an envelope: ROUTERs in between each add one. */
const MAX_ENVELOPE = 16;

/** Where the payload begins: behind the first empty frame where there is one near the beginning, else at 0. */
export function payloadStart(frames: readonly Uint8Array[]): number {
  const delimiter = frames.slice(0, MAX_ENVELOPE).findIndex((frame) => frame.length === 0);
  return delimiter < 0 || delimiter === frames.length - 1 ? 0 : delimiter + 1;
}

/** The frames behind the envelope's identities and empty delimiter. */
export function payloadOf(frames: readonly Uint8Array[]): readonly Uint8Array[] {
  return frames.slice(payloadStart(frames));
}
