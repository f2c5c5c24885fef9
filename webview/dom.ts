/** An element with a class and attributes. Text goes in as text, never as markup. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  attributes: Readonly<Record<string, string>> = {},
  text = "",
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className !== "") element.className = className;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== "") element.textContent = text;
  return element;
}

/** A codicon that screen readers pass over; whoever uses it writes the word beside it. */
export function icon(name: string): HTMLSpanElement {
  return make("span", `codicon codicon-${name}`, { "aria-hidden": "true" });
}
