import { html, nothing, type TemplateResult } from "lit";
import type { DialectInfo } from "../src/shared/dialects.ts";
import type { KeySummary } from "../src/shared/keys/storedKey.ts";
import { CALL_SOCKETS, type CallTarget, type TapState } from "../src/shared/model.ts";
import type { CallKeys } from "../src/shared/viewProtocol.ts";
import { numberText, type Option, selectField, textField, toNumber } from "./callControls.ts";
import {
  type CallDraft,
  type DialectChoice,
  endpointProblem,
  hasAnswer,
  retriesProblem,
  socketNamed,
  timeoutProblem,
} from "./callDraft.ts";
import { t } from "../src/shared/l10n.ts";

const ENDPOINT = "endpoint";
const FRAMES_TEXT = t("Raw frames");

type Change = (part: Partial<CallDraft>) => void;

/** Where the call goes and how: target, dialect, socket, timeout, retries, and for an endpoint its keys. */
export function callTarget(
  form: CallDraft,
  parts: {
    readonly taps: readonly TapState[];
    readonly dialects: readonly DialectInfo[];
    readonly keys: readonly KeySummary[];
    /** The one that the call is sent in. */
    readonly dialect: DialectInfo | null;
  },
  onChange: Change,
): TemplateResult {
  const { target } = form;
  const { dialect } = parts;
  const socket = dialect === null ? form.socket : (form.otherSocket ?? dialect.socket);
  return html`<div class="call-row">
      ${selectField(
        {
          id: "call-target",
          label: t("Target"),
          place: "field-target",
          value: targetValue(target),
          options: targets(form, parts.taps),
        },
        (value) => onChange({ target: targetOf(value) }),
      )}
      ${selectField(
        {
          id: "call-dialect",
          label: t("Dialect"),
          place: "field-dialect",
          value: form.choice,
          options: dialectOptions(form, parts.dialects, dialect),
        },
        (value) => onChange({ choice: value as DialectChoice, otherSocket: null }),
      )}
      ${selectField(
        {
          id: "call-socket",
          label: t("Socket"),
          spoken: t("Socket type"),
          place: "field-socket",
          value: socket,
          options: CALL_SOCKETS.map((type) => ({ value: type, text: type })),
        },
        (value) => {
          const chosen = socketNamed(value);
          if (chosen === undefined) return;
          onChange(dialect === null ? { socket: chosen } : { otherSocket: chosen });
        },
      )}
      ${
        hasAnswer(socket)
          ? html`${textField(
              {
                id: "call-timeout",
                label: t("Timeout, ms"),
                spoken: t("Timeout of each attempt in milliseconds"),
                place: "field-timeout",
                value: numberText(form.timeoutMs),
                isNumber: true,
                problem: timeoutProblem(form.timeoutMs),
              },
              (text) => onChange({ timeoutMs: toNumber(text) }),
            )}
            ${textField(
              {
                id: "call-retries",
                label: t("Retries"),
                spoken: t("Retries, each with a fresh socket"),
                place: "field-retries",
                value: numberText(form.retries),
                isNumber: true,
                problem: retriesProblem(form.retries),
              },
              (text) => onChange({ retries: toNumber(text) }),
            )}`
          : nothing
      }
    </div>
    ${target.kind === "endpoint" ? endpointRow(target.endpoint, form.keys, parts.keys, onChange) : nothing}`;
}

function endpointRow(
  endpoint: string,
  keys: CallKeys,
  stored: readonly KeySummary[],
  onChange: Change,
): TemplateResult {
  const security = keys.plain !== undefined ? "PLAIN" : keys.serverKey !== undefined ? "CURVE" : "NULL";
  const curve = stored.filter(({ publicKey }) => publicKey !== null);
  const pairs = stored.filter(({ kind }) => kind === "pair");
  const users = stored.filter(({ kind }) => kind === "plain");
  return html`<div class="call-row">
    ${textField(
      {
        id: "call-endpoint",
        label: t("Endpoint"),
        place: "field-endpoint",
        value: endpoint,
        placeholder: "tcp://127.0.0.1:5555 or http://127.0.0.1:8000",
        problem: endpoint === "" ? null : endpointProblem(endpoint),
      },
      (text) => onChange({ target: { kind: "endpoint", endpoint: text } }),
    )}
    ${selectField(
      {
        id: "call-security",
        label: t("Security"),
        place: "field-security",
        value: security,
        options: [
          { value: "NULL", text: t("None") },
          ...(curve.length > 0 || security === "CURVE" ? [{ value: "CURVE", text: "CURVE" }] : []),
          ...(users.length > 0 || security === "PLAIN" ? [{ value: "PLAIN", text: "PLAIN" }] : []),
        ],
      },
      (value) => {
        if (value === "PLAIN") onChange({ keys: { plain: users[0]?.name ?? "" } });
        else onChange({ keys: value === "CURVE" ? { serverKey: curve[0]?.name ?? "" } : {} });
      },
    )}
    ${
      security === "CURVE"
        ? html`${keyField("call-server-key", t("Server key"), curve, keys.serverKey ?? "", [], (serverKey) =>
            onChange({ keys: { ...keys, serverKey } }),
          )}
          ${keyField("call-client-pair", t("Client pair"), pairs, keys.clientPair ?? "", [FRESH], (clientPair) =>
            onChange({ keys: { serverKey: keys.serverKey ?? "", ...(clientPair === "" ? {} : { clientPair }) } }),
          )}`
        : nothing
    }
    ${
      security === "PLAIN"
        ? keyField("call-plain", t("User"), users, keys.plain ?? "", [], (plain) => onChange({ keys: { plain } }))
        : nothing
    }
  </div>`;
}

const FRESH: Option = { value: "", text: t("A fresh one") };

function keyField(
  id: string,
  label: string,
  keys: readonly KeySummary[],
  value: string,
  first: readonly Option[],
  onChange: (name: string) => void,
): TemplateResult {
  const isKnown = keys.some(({ name }) => name === value) || first.some((option) => option.value === value);
  const problem = isKnown ? null : t("This key is not in the key store any more.");
  const gone = isKnown ? [] : [{ value, text: value }];
  const options = [...first, ...keys.map(({ name }) => ({ value: name, text: name })), ...gone];
  return selectField({ id, label, place: "field-key", value, options, problem }, onChange);
}

function dialectOptions(
  { choice, target }: CallDraft,
  dialects: readonly DialectInfo[],
  dialect: DialectInfo | null,
): readonly Option[] {
  const known = dialects.filter(({ name, canCall }) => canCall && name !== "raw");
  const seen = dialect?.title ?? FRAMES_TEXT;
  const isTold = choice === "auto" && (target.kind === "tap" || dialect !== null);
  const options = [
    { value: "auto", text: isTold ? t("Auto ({0})", seen) : t("Auto") },
    { value: "frames", text: FRAMES_TEXT },
    ...known.map(({ name, title }) => ({ value: name, text: title })),
  ];
  // As it was stored, until the dialects are known.
  return options.some(({ value }) => value === choice) ? options : [...options, { value: choice, text: choice }];
}

function targets({ target }: CallDraft, taps: readonly TapState[]): readonly Option[] {
  const isKnown = target.kind === "endpoint" || taps.some((tap) => tap.config.id === target.tap);
  return [
    ...taps.map(({ config }) => ({ value: `tap:${config.id}`, text: `${config.name} (${config.server})` })),
    ...(isKnown ? [] : [{ value: targetValue(target), text: t("A tap that is gone") }]),
    { value: ENDPOINT, text: t("Endpoint…") },
  ];
}

function targetValue(target: CallTarget): string {
  return target.kind === "endpoint" ? ENDPOINT : `tap:${target.tap}`;
}

function targetOf(value: string): CallTarget {
  return value === ENDPOINT ? { kind: "endpoint", endpoint: "" } : { kind: "tap", tap: value.slice("tap:".length) };
}
