// The package has no types of its own, and those of others bring all of Node's. This is what decode/xmlTree.ts uses.
declare module "sax" {
  export type SaxParser = {
    /** Names and texts of the entities that are known; looked up as a plain object. */
    ENTITIES: Record<string, string>;
    onerror: (error: Error) => void;
    ontext: (text: string) => void;
    oncdata: (text: string) => void;
    onopentagstart: (tag: { readonly name: string }) => void;
    onattribute: (attribute: { readonly name: string; readonly value: string }) => void;
    onclosetag: (name: string) => void;
    write(text: string): SaxParser;
    close(): SaxParser;
  };
  const sax: { parser(strict: boolean, options: { strictEntities: boolean; position: boolean }): SaxParser };
  export default sax;
}
