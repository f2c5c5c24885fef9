import { html, type TemplateResult } from "lit";
import { Picture } from "./picture.ts";

/** The Links tab. */
export class LinksPicture extends Picture<null> {
  protected override read(): Promise<null> {
    return Promise.resolve(null);
  }

  protected override draw(): TemplateResult {
    return html`${this.nothingYet("graph", "Nothing is drawn here yet.")}`;
  }
}

customElements.define("zmq-links", LinksPicture);
