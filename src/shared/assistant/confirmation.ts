import type { Redactor } from "./redactor.ts";
import { callQuestion } from "./toldCall.ts";
import type { ToolInput } from "./toolInput.ts";
import type { AssistantToolName } from "./tools.ts";

/** What an editor shows of one use of a tool. */
export type Confirmation = {
  /** While it is under way. */
  readonly progress: string;
  /** Asked before it begins. */
  readonly title: string;
  readonly message: string;
};

const MAX_SHOWN = 500;

/** The words for one use of a tool; plain text. What assistants wrote stands in them cut, never as markup. */
export function confirmationOf(name: AssistantToolName, input: ToolInput, redactor: Redactor): Confirmation {
  const where = input.text("capture");
  const capture = where === undefined ? "the capture" : `the capture ${where}`;
  const secrets = redactor.isOn
    ? " Values whose names say that they are secret are hidden from it (zmqTap.assistant.redact)."
    : " Nothing is hidden from it: zmqTap.assistant.redact is off.";
  switch (name) {
    case "list_zmq_taps":
      return {
        progress: "Listing the taps",
        title: "Let the assistant list the taps?",
        message: "It is told of taps, their endpoints, links and totals, and no payload.",
      };
    case "search_zmq_messages": {
      const filter = (input.text("filter") ?? "").slice(0, MAX_SHOWN);
      const what = filter.trim() === "" ? "all rows" : `rows that fit ${filter}`;
      return {
        progress: `Searching ${capture} for ${what}`,
        title: "Let the assistant search the captured messages?",
        message: `It is told of ${what} in ${capture}, with previews of their payloads.${secrets}`,
      };
    }
    case "get_zmq_message":
      return {
        progress: `Reading row ${input.number("row")!} of ${capture}`,
        title: `Let the assistant read row ${input.number("row")!}?`,
        message: `It is told the whole decoded payload of that row of ${capture}.${secrets}`,
      };
    case "list_zmq_findings":
      return {
        progress: `Listing findings in ${capture}`,
        title: "Let the assistant list the findings?",
        message: `It is told what was found to be wrong in ${capture}, and which requests wait.${secrets}`,
      };
    case "explain_zmq_link":
      return {
        progress: `Looking at link ${input.number("link")!} of ${capture}`,
        title: `Let the assistant look at link ${input.number("link")!}?`,
        message: `It is told the handshake, subscriptions, totals, events and findings of that link of ${capture}.${secrets}`,
      };
    case "call_zmq_service": {
      const { title, detail } = callQuestion(input);
      return {
        progress: `Calling ${input.text("method")!.slice(0, MAX_SHOWN)}`,
        title,
        message: `${detail}\nZMQ Tap asks again before it sends anything.`,
      };
    }
  }
}
