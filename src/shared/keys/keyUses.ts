import type { SecurityNames } from "../security.ts";

/** Whether a tap's keys refer to a key, by its name or, where public keys may stand, by itself. */
export function usesKey(names: SecurityNames, name: string, publicKey: string | null): boolean {
  const isIt = (text: string): boolean => text === name || text === publicKey;
  return (
    [names.serverPair, names.clientPair, names.plain].includes(name) ||
    (names.serverKey !== undefined && isIt(names.serverKey)) ||
    (names.allow ?? []).some(isIt) ||
    Object.entries(names.clientPairs ?? {}).some(([client, pair]) => isIt(client) || pair === name)
  );
}

/** The same keys after one of them has got another name. */
export function withKeyRenamed(names: SecurityNames, from: string, to: string): SecurityNames {
  const renamed = (name: string): string => (name === from ? to : name);
  const { serverPair, serverKey, clientPair, clientPairs, allow, plain } = names;
  return {
    ...names,
    ...(serverPair === undefined ? {} : { serverPair: renamed(serverPair) }),
    ...(serverKey === undefined ? {} : { serverKey: renamed(serverKey) }),
    ...(clientPair === undefined ? {} : { clientPair: renamed(clientPair) }),
    ...(clientPairs === undefined
      ? {}
      : {
          clientPairs: Object.fromEntries(
            Object.entries(clientPairs).map(([client, pair]) => [renamed(client), renamed(pair)]),
          ),
        }),
    ...(allow === undefined ? {} : { allow: allow.map(renamed) }),
    ...(plain === undefined ? {} : { plain: renamed(plain) }),
  };
}
