import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { messageOf, TransportError } from '../../core/errors.js';

/** An element of a TwiML document. */
export interface TwimlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly TwimlElement[];
  /** Its own text without its children's, trimmed. */
  readonly text: string;
}

/** A node as the parser gives it: one key with the element's name or {@link textKey}, and perhaps {@link attributesKey}. */
type XmlNode = Readonly<Record<string, unknown>>;

const textKey = '#text';
const cdataKey = '#cdata';
const attributesKey = ':@';

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The parser leaves unknown entities as they are and expands those of a document type; Twilio refuses both. */
const strictEntities = {
  setExternalEntities: (): void => undefined,
  setXmlVersion: (): void => undefined,
  reset: (): void => undefined,
  addInputEntities: (): void => {
    throw new Error('TwiML has no document type');
  },
  decode: decodeEntities,
};

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  textNodeName: textKey,
  cdataPropName: cdataKey,
  ignoreDeclaration: true,
  ignorePiTags: true,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  entityDecoder: strictEntities,
});

/**
 * Reads a TwiML document and returns the verbs in its `<Response>`, in order. Throws a TransportError that says what is
 * wrong.
 */
export function readTwiml(document: string): readonly TwimlElement[] {
  const [response, ...others] = parse(document);
  // Both the validator and the parser ignore text after the last tag.
  const endsWithText = !document.trimEnd().endsWith('>');
  if (response?.name !== 'Response' || others.length > 0 || endsWithText)
    throw notTwiml('it is not one <Response>', document);
  return response.children;
}

function parse(document: string): readonly TwimlElement[] {
  // The parser accepts malformed documents.
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- it is to move to a package of its own, with the same code
  const checked = XMLValidator.validate(document);
  if (checked !== true)
    throw notTwiml(`line ${checked.err.line}: ${checked.err.msg.replace(/\.$/, '')}`, document);
  try {
    return elementsIn(parser.parse(document) as readonly XmlNode[]);
  } catch (thrown) {
    throw notTwiml(messageOf(thrown), document, thrown);
  }
}

function elementsIn(nodes: readonly XmlNode[]): readonly TwimlElement[] {
  return nodes.flatMap((node) => {
    const name = Object.keys(node).find((key) => key !== attributesKey);
    if (name === undefined || name === textKey || name === cdataKey) return [];
    const inside = node[name] as readonly XmlNode[];
    const attributes = (node[attributesKey] ?? {}) as Readonly<Record<string, string>>;
    return { name, attributes, children: elementsIn(inside), text: textIn(inside).trim() };
  });
}

function textIn(nodes: readonly XmlNode[]): string {
  return nodes
    .map(({ [textKey]: text, [cdataKey]: cdata }) =>
      cdata === undefined ? ((text as string | undefined) ?? '') : textIn(cdata as readonly XmlNode[]),
    )
    .join('');
}

function decodeEntities(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-f]{1,6});|#(\d{1,7});|(\w+);|)/gi,
    (match, hex?: string, decimal?: string, name?: string) => {
      const codePoint = hex ? parseInt(hex, 16) : decimal ? Number(decimal) : NaN;
      if (codePoint <= 0x10ffff) return String.fromCodePoint(codePoint);
      const character = name === undefined ? undefined : entities[name];
      if (character === undefined) throw new Error(`${match} is no entity`);
      return character;
    },
  );
}

function notTwiml(problem: string, document: string, cause?: unknown): TransportError {
  const start = JSON.stringify(document.slice(0, 60));
  return new TransportError(`The webhook's answer is not TwiML: ${problem}. It begins with ${start}.`, {
    cause,
  });
}

/**
 * A URL in a document, which is relative to that of the document. In the TwiML of a redirect, which has no URL, it must be
 * absolute; else this throws a TransportError.
 *
 * Source: https://www.twilio.com/docs/api/errors/15004
 */
export function absoluteUrl(url: string, documentUrl: string | null): string {
  if (documentUrl === null && !URL.canParse(url))
    throw new TransportError(
      `${JSON.stringify(url)} must be absolute in the TwiML of a redirect (error 15004).`,
    );
  return new URL(url, documentUrl ?? undefined).href;
}
