import { withoutUser } from "../shared/endpoint.ts";
import { specProblem } from "../shared/interventions.ts";
import type { ConversationKind } from "../shared/model.ts";
import { UserError } from "../shared/userError.ts";

/** One function per failure of the engine that a user can do something about. */

export const badEndpoint = (text: string, what: "server" | "listen", problem: string): UserError =>
  new UserError("bad-endpoint", `"${withoutUser(text)}" cannot be used as the ${what} endpoint: ${problem}`);

export const httpHasNoKeys = (tap: string): UserError =>
  new UserError(
    "http-has-no-keys",
    `The tap "${tap}" is in front of an HTTP server, and keys are for ZeroMQ. Take its keys away; HTTP clients send their own user and password.`,
  );

export const otherProtocol = (tap: string, isHttp: boolean): UserError =>
  new UserError(
    "other-protocol",
    `The tap "${tap}" reads ${isHttp ? "HTTP" : "ZeroMQ's protocol"}, so it cannot be pointed at a server of another one. Attach another tap there.`,
  );

export const httpNotAsked = (endpoint: string): UserError =>
  new UserError(
    "not-zeromq",
    `${endpoint} is the URL of an HTTP server, and only ZeroMQ servers can be asked what they are. Give a tcp or ipc endpoint.`,
  );

export const portInUse = (endpoint: string, cause: unknown): UserError =>
  new UserError(
    "port-in-use",
    `Cannot listen on ${endpoint}: another program is using it, perhaps a tap of another VS Code window. ` +
      "Stop that program, or give the tap another listen endpoint.",
    { cause },
  );

export const portNotAllowed = (endpoint: string, cause: unknown): UserError =>
  new UserError(
    "port-not-allowed",
    `Cannot listen on ${endpoint}: this user may not use it. Choose a port above 1023, or a folder that you may write to.`,
    { cause },
  );

export const noSuchAddress = (endpoint: string, cause: unknown): UserError =>
  new UserError(
    "no-such-address",
    `Cannot listen on ${endpoint}: this machine has no such address or interface. Use 127.0.0.1, * or an address of this machine.`,
    { cause },
  );

export const cannotListen = (endpoint: string, cause: unknown): UserError =>
  new UserError(
    "cannot-listen",
    `Cannot listen on ${endpoint}: ${cause instanceof Error ? cause.message : String(cause)}. Give the tap another listen endpoint.`,
    { cause },
  );

/** Whether a process may open no more files or sockets: it, or the whole system, is at its limit. */
export const isOutOfDescriptors = (error: unknown): boolean =>
  ["EMFILE", "ENFILE"].includes((error as NodeJS.ErrnoException).code ?? "");

export const OUT_OF_DESCRIPTORS =
  "New clients are turned away: no more files can be opened here, and each client takes two. Those that are connected go on. " +
  "End some clients, or start with a higher limit (ulimit -n); new ones are let in again by themselves.";

export const ipcPathTooLong = (path: string, bytes: number, limit: number): UserError =>
  new UserError(
    "ipc-path-too-long",
    `The ipc path ${path} has ${bytes} octets, and sockets of this system allow ${limit}. Use a shorter path, for example under /tmp.`,
  );

export const ipcTaken = (path: string): UserError =>
  new UserError(
    "ipc-taken",
    `Cannot listen on ipc://${path}: a program is listening there already. Stop it, or give the tap another path.`,
  );

export const ipcNotASocket = (path: string): UserError =>
  new UserError(
    "ipc-not-a-socket",
    `Cannot listen on ipc://${path}: a file that is no socket is in its place. Give the tap another path; the file was left alone.`,
  );

export const ipcOnWindows = (): UserError =>
  new UserError(
    "ipc-on-windows",
    "ipc endpoints cannot be tapped on Windows: libzmq uses AF_UNIX sockets there, which Node.js does not have. Use tcp.",
  );

export const abstractSocketUnsupported = (name: string): UserError =>
  new UserError(
    "abstract-socket-unsupported",
    `ipc://@${name} is an abstract socket, which needs Linux and Node.js 24 or later. Use a path, or tcp.`,
  );

export const listensOnItsServer = (endpoint: string): UserError =>
  new UserError(
    "listens-on-its-server",
    `The tap would listen on ${endpoint}, which is its server's own endpoint. Give it another listen endpoint, ` +
      "or move the server to another port and let the tap take its place.",
  );

export const tapLoop = (name: string, endpoint: string): UserError =>
  new UserError(
    "tap-loop",
    `The server endpoint ${endpoint} leads through the tap "${name}" back to this tap, so every message would go round for ever. ` +
      "Give the endpoint of the real server.",
  );

export const socksNeedsTcp = (endpoint: string): UserError =>
  new UserError(
    "socks-needs-tcp",
    `A SOCKS server cannot listen on ${endpoint}: programs reach it by tcp only. Write for example tcp://127.0.0.1:1080.`,
  );

export const socksOpenToAll = (endpoint: string): UserError =>
  new UserError(
    "socks-open-to-all",
    `A SOCKS server on ${endpoint} would lead other machines to everything that this one reaches. ` +
      "Listen on 127.0.0.1, or say with patterns which destinations are allowed.",
  );

export const badDestinationPattern = (pattern: string, problem: string): UserError =>
  new UserError("bad-pattern", `"${pattern}" stands for no destinations: ${problem}`);

export const isSocksServer = (name: string): UserError =>
  new UserError(
    "is-socks-server",
    `"${name}" is a SOCKS server, which leads to many servers. Choose one of the destinations below it.`,
  );

export const capturedByItsServer = (name: string): UserError =>
  new UserError(
    "captured-by-its-server",
    `"${name}" is a destination of a SOCKS server, which says for all of its destinations whether they are captured. Choose that one.`,
  );

export const destinationIsFixed = (name: string): UserError =>
  new UserError(
    "destination-is-fixed",
    `"${name}" is what programs ask the SOCKS server for, so it cannot be pointed elsewhere. Attach a tap to the other server instead.`,
  );

export const noSuchTap = (tap: string): UserError =>
  new UserError("no-such-tap", `There is no tap "${tap}". It may have been removed; attach it again.`);

export const ownSocketRow = (n: number, name: string): UserError =>
  new UserError(
    "own-socket-row",
    `Message ${n} cannot be sent again as it was: it is of a socket of "${name}", and no tap. Choose Call Again to ask there anew.`,
  );

export const tapNotRunning = (name: string): UserError =>
  new UserError("tap-not-running", `The tap "${name}" is stopped. Start it first.`);

export const cannotWatch = (name: string, why: string): UserError =>
  new UserError("watch-failed", `Not all topics can be watched at "${name}". ${why}`);

export const rowGone = (n: number): UserError =>
  new UserError(
    "row-gone",
    `Message ${n} is no longer kept. Raise "zmqTap.capture.maxBytes" to keep more, or choose a newer message.`,
  );

export const noSuchFrame = (n: number, frame: number): UserError =>
  new UserError("no-such-frame", `Message ${n} has no frame ${frame}.`);

export const filterGone = (): UserError => new UserError("filter-gone", "That filter has ended. Apply it again.");

export const tooManyFilters = (limit: number): UserError =>
  new UserError("too-many-filters", `${limit} filters are running already. Close one of their views first.`);

export const badFilter = (sentence: string): UserError => new UserError("bad-filter", sentence);

export const tooManyMarks = (): UserError =>
  new UserError("too-many-marks", "10,000 messages are pinned or noted on already. Unpin some of them first.");

export const tooMuchPinned = (bytes: number, limit: number): UserError =>
  new UserError(
    "too-much-pinned",
    `Nothing was cleared: the pinned messages hold ${bytes} octets, and only ${limit} can stay. Unpin some of them, export them first, or clear all.`,
  );

export const noConversation = (n: number, what: ConversationKind): UserError =>
  new UserError("no-conversation", `Message ${n} has ${CONVERSATION_WORDS[what]} to follow.`);

const CONVERSATION_WORDS: Readonly<Record<ConversationKind, string>> = {
  link: "no link",
  exchange: "no request or reply that belongs to it, so there is no exchange",
  topic: "no topic",
  correlation: 'no correlation id that is known, such as an "id" in JSON,',
};

export const notGreeted = (): UserError =>
  new UserError("not-greeted", "The engine was asked before its host said hello. Reload the window.");

export const captureGone = (): UserError =>
  new UserError("capture-gone", "That capture was closed. Open its file again.");

export const tooManyCaptures = (limit: number): UserError =>
  new UserError("too-many-captures", `${limit} capture files are open already. Close one of them first.`);

export const tooManyReplays = (limit: number): UserError =>
  new UserError("too-many-replays", `${limit} replays are under way. Wait for one to end, or cancel one.`);

export const noCapture = (path: string, reason: string): UserError =>
  new UserError("no-capture", `${path} cannot be opened: ${reason}`);

export const cannotReadReplies = (path: string, cause: unknown): UserError =>
  cause instanceof UserError
    ? cause
    : new UserError(
        "cannot-read-replies",
        `The replies in ${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}. Name a JSON file of replies.`,
        { cause },
      );

/** `what` ends the sentence that begins with the file. */
export const badReplies = (path: string, what: string): UserError =>
  new UserError("bad-replies", `The file of replies ${path} ${what}`);

export const nothingToAnswer = (where: string): UserError =>
  new UserError(
    "nothing-to-answer",
    `${where} holds no call with its reply, so there is nothing to answer from. Record some calls through a tap first, or write a file of fixed replies.`,
  );

export const standInHasNoServer = (name: string): UserError =>
  new UserError(
    "stand-in-has-no-server",
    `"${name}" is a server of ZMQ Tap's own, so it cannot be pointed at another one. Attach a tap to that server instead.`,
  );

export const wrongEngine = (mine: number, theirs: number): UserError =>
  new UserError(
    "wrong-engine",
    `The ZMQ Tap engine speaks protocol ${mine} and the window ${theirs}. Reload the window to use one version of both.`,
  );

export const injectionRefused = (why: string): UserError => new UserError("injection-refused", why);

/** `at` is the place in `spec`, from 0; `problem` one or more sentences. */
export const badIntervention = (spec: string, at: number, problem: string): UserError =>
  new UserError("bad-intervention", specProblem(spec, at, problem));

export const tooManyInterventions = (limit: number): UserError =>
  new UserError("too-many-interventions", `${limit} interventions are under way already. Stop some of them first.`);

export const heldGone = (): UserError =>
  new UserError("held-gone", "That message is not held any more: it went on, was dropped, or its link closed.");

export const badHeldMessage = (problem: string): UserError =>
  new UserError("bad-held-message", `The message was not released. ${problem} Correct it and try again.`);

/** `what` is a sentence, and repeats no key. */
export const badKey = (what: string): UserError =>
  new UserError("bad-key", `${what} Choose another key for the tap, or import it anew.`);

export const cannotReadFile = (path: string, cause: NodeJS.ErrnoException): UserError => {
  const why: Record<string, string> = {
    ENOENT: "there is no such file",
    EACCES: "this user may not read it",
    EPERM: "this user may not read it",
    EISDIR: "it is a folder",
  };
  const { code = "unknown" } = cause;
  return new UserError(
    "cannot-read-file",
    `Cannot open ${path}: ${why[code] ?? `reading it failed (${code})`}. Choose a capture file that you may read.`,
    { cause },
  );
};
export const partlyKept = (n: number, what: string): UserError =>
  new UserError(
    "partly-kept",
    `Message ${n} is only partly kept, so it cannot be ${what}. Raise "zmqTap.capture.maxBytes" to keep more.`,
  );

/** `cause` is what the system said. */
export const cannotWrite = (path: string, cause: unknown): UserError => {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const why = WRITE_PROBLEMS[code] ?? `${cause instanceof Error ? cause.message : String(cause)}. Choose another file`;
  return new UserError("cannot-write", `Cannot write ${path}: ${why}.`, { cause });
};

const FULL = "the disk is full. Free some space, or choose another folder";
const FORBIDDEN = "this user may not write there. Choose another folder, or change its permissions";
const NO_FOLDER = "its folder does not exist. Create it, or choose another one";

const WRITE_PROBLEMS: Readonly<Record<string, string>> = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  EFBIG: "the file would be larger than this file system allows. Export fewer messages, or choose another folder",
  EACCES: FORBIDDEN,
  EPERM: FORBIDDEN,
  EROFS: FORBIDDEN,
  ENOENT: NO_FOLDER,
  ENOTDIR: NO_FOLDER,
  EISDIR: "a folder has this name. Choose another name",
  EEXIST: "there is a file of this name already. Choose another name, or remove that file",
  ENAMETOOLONG: "the name is too long. Choose a shorter one",
};

export const tooManyFrames = (n: number, limit: number): UserError =>
  new UserError(
    "too-many-frames",
    `Message ${n} has more than ${limit} frames, which are too many files. Export it as JSON Lines instead.`,
  );

/** `cause` is what the system said. */
export const cannotKeepQueue = (folder: string, cause: unknown): UserError => {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const why =
    WRITE_PROBLEMS[code] ?? `${cause instanceof Error ? cause.message : String(cause)}. Choose another folder`;
  return new UserError(
    "cannot-keep-queue",
    `Messages cannot be kept in ${folder}, so the bridge takes none until they can: ${why}.`,
    { cause },
  );
};

export const queueInUse = (folder: string, pid: number): UserError =>
  new UserError(
    "queue-in-use",
    `The queue in ${folder} is in use by process ${pid}, perhaps a bridge of another window. Stop that bridge, or choose another folder.`,
  );

/** `cause` is what the system said. */
export const cannotReadQueue = (path: string, cause: unknown): UserError =>
  new UserError(
    "cannot-read-queue",
    `The queue's file ${path} cannot be read, so its messages wait: ${cause instanceof Error ? cause.message : String(cause)}. Make it readable again, or remove it, which loses them.`,
    { cause },
  );
