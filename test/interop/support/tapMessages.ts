import { dialectTools } from "../../../src/proxy/dialectTools.ts";
import type { DialectMessage } from "../../../src/proxy/dialects/dialect.ts";
import { detect, dialectNamed } from "../../../src/proxy/dialects/registry.ts";
import type { DialectName, Said } from "../../../src/shared/dialects.ts";
import type { Row } from "../../../src/shared/model.ts";
import type { TappedEngine } from "../../support/tappedEngine.ts";

const MAX_FRAMES = 100;

/** A captured message with what its dialect says of it. */
export type TapMessage = {
  readonly row: Row;
  readonly message: DialectMessage;
  readonly dialect: DialectName;
  /** Undefined where the dialect could not read it. */
  readonly said: Said | undefined;
};

/** Messages that the engine has captured, of one tap or all; each read with the dialect that is found in it. */
export function tapMessages({ engine, rows }: TappedEngine, tap?: string): TapMessage[] {
  return rows()
    .filter((row) => row.kind === "message" && (tap === undefined || row.tap === tap))
    .map((row) => {
      const sizes = engine.capture.frames(row.n, MAX_FRAMES).frames;
      const frames = sizes.map(({ sizeBytes }, at) => engine.capture.readFrame(row.n, at, 0, sizeBytes));
      const [sender, receiver] =
        row.from === "client" ? [row.sockets.client, row.sockets.server] : [row.sockets.server, row.sockets.client];
      const message: DialectMessage = { frames, sender, receiver };
      const { dialect } = detect(message);
      const read = dialectNamed(dialect)!.decode(message, null, dialectTools);
      return { row, message, dialect, said: "said" in read ? read.said : undefined };
    });
}

/** Resolves with them once there are so many. */
export function untilMessages(tap: TappedEngine, count: number, name?: string): Promise<TapMessage[]> {
  return tap.until(() => {
    const messages = tapMessages(tap, name);
    return messages.length >= count && messages;
  });
}
