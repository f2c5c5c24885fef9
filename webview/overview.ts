import { html, type TemplateResult } from "lit";
import { Picture } from "./picture.ts";

/** The Overview tab. */
export class OverviewPicture extends Picture<null> {
  protected override read(): Promise<null> {
    return Promise.resolve(null);
  }

  protected override draw(): TemplateResult {
    return html`${this.nothingYet("graph", "Nothing is drawn here yet.")}`;
  }
}

customElements.define("zmq-overview", OverviewPicture);
