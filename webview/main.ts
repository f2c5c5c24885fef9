import { Channel } from "../src/shared/channel.ts";
import { type Surface, ZmqTapApp } from "./app.ts";
import { toViewState } from "./state.ts";
import type { ViewChannel } from "./viewChannel.ts";

/** What VS Code gives to a webview, once. */
type VsCodeApi = { postMessage(value: unknown): void; getState(): unknown; setState(state: unknown): void };
declare function acquireVsCodeApi(): VsCodeApi;

const api = acquireVsCodeApi();
const app = document.querySelector("zmq-tap-app");
if (!(app instanceof ZmqTapApp)) throw new Error("The page has no zmq-tap-app element.");

const channel: ViewChannel = new Channel({ post: (value) => api.postMessage(value) }, {}, (notice) => app.take(notice));
window.addEventListener("message", (event: MessageEvent<unknown>) => channel.receive(event.data));

const surface: Surface = document.body.dataset["surface"] === "inspector" ? "inspector" : "messages";
await app.begin(channel, surface, toViewState(api.getState()), (state) => api.setState(state));
