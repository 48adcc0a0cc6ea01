import { TransportError } from '../errors.js';

/** An element of a TwiML document. */
export interface TwimlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly TwimlElement[];
  /** Its own text, without that of its children, trimmed. */
  readonly text: string;
}

interface OpenElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: TwimlElement[];
  text: string;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** One piece of markup or text; the groups tell which. */
const token =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[(?<cdata>[\s\S]*?)\]\]>|<\/(?<closing>[A-Za-z][\w.-]*)\s*>|<(?<opening>[A-Za-z][\w.-]*)(?<attributes>(?:\s+[A-Za-z][\w:.-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(?<empty>\/)?>|(?<text>[^<]+)/y;
const attribute = /(?<name>[A-Za-z][\w:.-]*)\s*=\s*(?:"(?<double>[^"]*)"|'(?<single>[^']*)')/g;

/**
 * Reads a TwiML document and returns the verbs in its `<Response>`, in order. It knows as much of XML as TwiML uses:
 * elements, attributes, the five named and the numeric entities, comments, CDATA. Throws a TransportError that says
 * what is wrong and where.
 */
export function readTwiml(document: string): readonly TwimlElement[] {
  const root: OpenElement = { name: '', attributes: {}, children: [], text: '' };
  const open: OpenElement[] = [root];
  token.lastIndex = 0;
  while (token.lastIndex < document.length) {
    const at = token.lastIndex;
    const groups = token.exec(document)?.groups;
    const current = open.at(-1);
    if (!groups || !current) throw notTwiml('it is not well-formed', document, at);
    const { cdata, closing, opening, attributes = '', empty, text } = groups;
    if (text !== undefined) {
      current.text += unescapeXml(text, document, at);
    } else if (cdata !== undefined) {
      current.text += cdata;
    } else if (closing !== undefined) {
      if (closing !== current.name) throw notTwiml(`</${closing}> closes nothing`, document, at);
      open.pop();
      open.at(-1)?.children.push(finished(current));
    } else if (opening !== undefined) {
      const element = {
        name: opening,
        attributes: readAttributes(attributes, document, at),
        children: [],
        text: '',
      };
      if (empty === undefined) open.push(element);
      else current.children.push(element);
    }
  }
  const unclosed = open.at(-1);
  if (unclosed !== root) throw notTwiml(`<${unclosed?.name ?? ''}> is not closed`, document, document.length);
  const [response, ...others] = root.children;
  if (response?.name !== 'Response' || others.length > 0 || root.text.trim() !== '') {
    throw notTwiml('it is not one <Response>', document, 0);
  }
  return response.children;
}

function finished({ name, attributes, children, text }: OpenElement): TwimlElement {
  return { name, attributes, children, text: text.trim() };
}

function readAttributes(source: string, document: string, at: number): Readonly<Record<string, string>> {
  const pairs = Array.from(source.matchAll(attribute), ({ groups = {} }) => {
    const { name = '', double, single = '' } = groups;
    return [name, unescapeXml(double ?? single, document, at)] as const;
  });
  return Object.fromEntries(pairs);
}

function unescapeXml(text: string, document: string, at: number): string {
  return text.replace(
    /&(?:#x([0-9a-f]{1,6});|#(\d{1,7});|(\w+);|)/gi,
    (match, hex?: string, decimal?: string, name?: string) => {
      const codePoint = hex ? parseInt(hex, 16) : decimal ? Number(decimal) : NaN;
      if (codePoint <= 0x10ffff) return String.fromCodePoint(codePoint);
      const character = name === undefined ? undefined : entities[name];
      if (character === undefined) throw notTwiml(`${match} is no entity`, document, at);
      return character;
    },
  );
}

function notTwiml(problem: string, document: string, at: number): TransportError {
  const line = document.slice(0, at).split('\n').length;
  const start = JSON.stringify(document.slice(at, at + 60));
  return new TransportError(`The webhook's answer is not TwiML: ${problem}, in line ${line} at ${start}.`);
}
