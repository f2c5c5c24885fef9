import sax from "sax";

export type SeenXml = {
  readonly tags: readonly string[];
  readonly texts: readonly string[];
  /** Of each tag. */
  readonly attributes: readonly Readonly<Record<string, string>>[];
};

/** What a strict XML reader finds in a file, in order. Throws for what is no XML. */
export function readXml(file: string): SeenXml {
  const [tags, texts, attributes]: [string[], string[], Record<string, string>[]] = [[], [], []];
  let current: Record<string, string> = {};
  const parser = sax.parser(true, { strictEntities: true, position: false });
  parser.onerror = (error) => {
    throw error;
  };
  parser.onopentagstart = ({ name }) => {
    tags.push(name);
    current = {};
    attributes.push(current);
  };
  parser.onattribute = ({ name, value }) => {
    current[name] = value;
  };
  parser.ontext = (text) => {
    if (text.trim() !== "") texts.push(text);
  };
  parser.write(file).close();
  return { tags, texts, attributes };
}
