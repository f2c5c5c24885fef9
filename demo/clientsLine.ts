/** Which server's clients, and the endpoint they connect to: the server's own or a tap's. */
export type ClientsAt = { readonly name: string; readonly endpoint: string };

/** Why a line cannot be used, as a sentence for the user. */
export class BadLine extends Error {
  override readonly name = "BadLine";
}

/** Reads `{"clients":[{"name":"weather","endpoint":"tcp://…"},…]}`. Throws BadLine when it is anything else. */
export function parseClientsLine(line: string, names: readonly string[]): ClientsAt[] {
  const known = names.join(", ");
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw bad("is not JSON");
  }
  const clients: unknown = isObject(value) ? value["clients"] : undefined;
  if (!Array.isArray(clients)) throw bad('has no list "clients"');
  return clients.map((client: unknown) => {
    if (!isObject(client)) throw bad("has a client that is not an object");
    const { name, endpoint } = client;
    if (typeof name !== "string" || !names.includes(name)) throw bad(`has a client whose "name" is none of ${known}`);
    if (typeof endpoint !== "string" || !/^(tcp|ipc):\/\/./.test(endpoint)) {
      throw bad(`has no "endpoint" such as tcp://127.0.0.1:5556 for ${name}`);
    }
    return { name, endpoint };
  });
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

const bad = (what: string): BadLine =>
  new BadLine(
    `The line on standard input ${what}: ` +
      'write {"clients":[{"name":"weather","endpoint":"tcp://127.0.0.1:5556"}]} with the endpoints to connect to.',
  );
