/**
 * A shorter, plainer input that still `fails`: pieces are left out, from halves down to single octets, then octets become 0.
 * Gives up after `maxTries`, with what it has by then.
 */
export async function minimise(
  input: Uint8Array,
  fails: (input: Uint8Array) => Promise<boolean>,
  maxTries = 3000,
): Promise<Uint8Array> {
  let best = input;
  let tries = 0;
  const isBetter = async (candidate: Uint8Array): Promise<boolean> => {
    tries++;
    if (!(await fails(candidate))) return false;
    best = candidate;
    return true;
  };
  for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.length && tries < maxTries;) {
      const isShorter = await isBetter(new Uint8Array([...best.subarray(0, at), ...best.subarray(at + size)]));
      if (!isShorter) at += size;
    }
  }
  for (let at = 0; at < best.length && tries < maxTries; at++) {
    if (best[at] === 0) continue;
    const plainer = best.slice();
    plainer[at] = 0;
    await isBetter(plainer);
  }
  return best;
}
