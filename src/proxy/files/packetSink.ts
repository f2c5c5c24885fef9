/** What a reader of capture files tells, in the order of the file. */
export type PacketSink = {
  /**
   * A captured packet: octets `from` to `to` of `bytes`, which are valid during the call only. `originalBytes` is its
   * length on the wire, `timeNs` is relative to the anchor that the reader was given.
   */
  packet(
    bytes: Buffer,
    from: number,
    to: number,
    originalBytes: number,
    linkType: number,
    timeNs: number,
    comments: readonly string[],
  ): void;
  /** JSON text of a custom block of ours. */
  custom(json: string): void;
};

/** Why a file could not be read any further, in one sentence, and where in it. */
export type FileProblem = { readonly message: string; readonly offset: number };

/** Octets that one packet may have; longer ones are passed over. */
export const MAX_PACKET_BYTES = 4 * 1024 * 1024;

/** Reads one format out of a window of octets. */
export type BlockReader = {
  readonly format: "pcap" | "pcapng";
  /**
   * Reads whole blocks from `from` on, of octets that end at `to`; returns where it stopped. Above `to`: the octets
   * between are of no interest. `offset` is where `bytes[from]` stands in the file.
   */
  read(bytes: Buffer, from: number, to: number, offset: number): number;
  /** Once set, nothing is read any more. */
  readonly problem: FileProblem | null;
  /** Packets that were longer than may be. */
  readonly oversized: number;
};

export const NO_COMMENTS: readonly string[] = [];
