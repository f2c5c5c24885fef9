import type { TestContext } from "node:test";
import { Sender } from "../../../src/proxy/sender.ts";
import type { EventRow, Verdict } from "../../../src/shared/model.ts";
import { type TappedEngine, tappedEngine } from "../../support/tappedEngine.ts";
import { NO_SECURITY, type TapKeys } from "./tapKeys.ts";
