import { zeromqMissing } from "../shared/zeromqMissing.ts";

export type ZeroMq = typeof import("zeromq");
export type Context = InstanceType<ZeroMq["Context"]>;

/** The library, for `what`, such as "A bridge". Rejects with a UserError when it is not there. */
export async function loadZeroMq(what: string): Promise<ZeroMq> {
  return import("zeromq").catch((error: unknown) => {
    throw zeromqMissing(what, error);
  });
}
