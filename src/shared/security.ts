/** Mechanisms that a leg of a tap can be told to speak (RFC 23, 24, 25). */
export const LEG_MECHANISMS = ["NULL", "PLAIN", "CURVE"] as const;
export type LegMechanism = (typeof LEG_MECHANISMS)[number];

/** A CURVE key pair. Keys are Z85 text of 40 characters (RFC 32). */
export type CurvePair = { readonly publicKey: string; readonly secretKey: string };

/** A PLAIN user and password, at most 255 octets each (RFC 24). */
export type PlainUser = { readonly user: string; readonly password: string };

/**
 * Key material and rules of one tap. Secret: it goes from the key store, or from files named on the command line, to the
 * engine, and into no state, setting, log, capture or error.
 */
export type TapSecurity = {
  /** What the tap speaks towards the connecting side; `null`: what the greetings say. */
  readonly clientLeg: LegMechanism | null;
  /** The same towards the listening side. */
  readonly serverLeg: LegMechanism | null;
  /** Pair shown to CURVE clients: the real server's own, or one of the tap. */
  readonly serverPair: CurvePair | null;
  /** Public key of the real CURVE server; `null`: the public half of `serverPair`. */
  readonly serverKey: string | null;
  /** Pair shown to the CURVE server; `null`: a fresh one for each link. */
  readonly clientPair: CurvePair | null;
  /** Pairs shown to the CURVE server in place of `clientPair`, by the public key of the client that connects. */
  readonly clientPairs: readonly { readonly client: string; readonly pair: CurvePair }[];
  /** Public keys of the CURVE clients that may connect; `null`: any. */
  readonly allow: readonly string[] | null;
  /** Shown to a PLAIN server, asked of PLAIN clients where only the other leg is not PLAIN. */
  readonly plain: PlainUser | null;
};

/** Keys of the destinations of a SOCKS server that a pattern stands for; `null`: their taps have none. As secret. */
export type DestinationKeys = { readonly pattern: string; readonly security: TapSecurity | null };

/** The same by names in the key store, as settings and remembered taps hold it. Nothing in it is secret. */
export type SecurityNames = {
  readonly clientLeg?: LegMechanism;
  readonly serverLeg?: LegMechanism;
  /** Name of a key pair. */
  readonly serverPair?: string;
  /** Name of a key pair or public key, or a public key itself. */
  readonly serverKey?: string;
  /** Name of a key pair. */
  readonly clientPair?: string;
  /** Names of key pairs, by name of a public key or by the key itself. */
  readonly clientPairs?: Readonly<Record<string, string>>;
  /** Names of public keys, or the keys themselves. */
  readonly allow?: readonly string[];
  /** Name of a PLAIN user. */
  readonly plain?: string;
};

/** A CURVE client that no allow-list names and that keeps trying. */
export type WaitingClient = {
  /** Its public key, Z85. */
  readonly client: string;
  readonly address: string;
  /** Attempts so far. */
  readonly attempts: number;
  /** The user denied it: its next attempt is answered with ERROR 400, after which libzmq gives up. */
  readonly isDenied: boolean;
};
