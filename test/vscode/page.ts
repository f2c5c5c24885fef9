import * as vscode from "vscode";
import type { ViewNotice } from "../../src/shared/viewProtocol.ts";

export type Posted = {
  readonly kind: string;
  readonly id?: number;
  readonly body?: unknown;
  readonly error?: { code: string };
  readonly notice?: ViewNotice;
};

/** A page that asks and remembers what it was told. */
export class Page {
  readonly #received = new vscode.EventEmitter<unknown>();
  readonly posted: Posted[] = [];
  readonly #posts = new vscode.EventEmitter<Posted>();
  #nextId = 1;
  readonly webview = {
    onDidReceiveMessage: this.#received.event,
    postMessage: (value: Posted) => {
      this.posted.push(value);
      this.#posts.fire(value);
      return Promise.resolve(true);
    },
  } as unknown as vscode.Webview;

  send(value: unknown): void {
    this.#received.fire(value);
  }

  async ask(name: string, body: unknown): Promise<Posted> {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      const listener = this.#posts.event((value) => {
        if (value.id !== id) return;
        listener.dispose();
        resolve(value);
      });
      this.send({ kind: "ask", id, name, body });
    });
  }
}
