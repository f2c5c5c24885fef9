import assert from "node:assert/strict";
import { test } from "node:test";
import * as zmq from "zeromq";
import { freePort } from "../../scripts/tasks/freePort.ts";
import { openedMessage } from "../../src/proxy/openedMessage.ts";
