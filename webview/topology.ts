import { html, type TemplateResult } from "lit";
import { Picture } from "./picture.ts";

/** The Topology tab. */
export class TopologyPicture extends Picture<null> {
  protected override read(): Promise<null> {
    return Promise.resolve(null);
  }

  protected override draw(): TemplateResult {
    return html`${this.nothingYet("graph", "Nothing is drawn here yet.")}`;
  }
}

customElements.define("zmq-topology", TopologyPicture);
