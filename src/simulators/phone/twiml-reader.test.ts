import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TransportError } from '../../core/errors.js';
import { readTwiml } from './twiml-reader.js';

/** Ten letters that would grow to ten billion. */
const bomb = `<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a0 "aaaaaaaaaa">${Array.from(
  { length: 9 },
  (_, at) => `<!ENTITY a${at + 1} "${`&a${at};`.repeat(10)}">`,
).join('')}]><Response><Say>&a9;</Say></Response>`;

describe('reading TwiML', () => {
  it('returns the verbs in order, with attributes, nouns and text', () => {
    const verbs = readTwiml(`<?xml version="1.0" encoding="UTF-8"?>
      <!-- a comment with <markup> -->
      <Response>
        <Say voice='alice'>Tom &amp; Jerry &#x1F600;&#33; <![CDATA[<now>]]></Say>
        <Connect action="/after?a=1&amp;b=2"><Stream url="wss://h/m"><Parameter name="t" value="&lt;&quot;>"/></Stream></Connect>
        <Hangup/>
      </Response>`);
    expect(verbs.map(({ name }) => name)).toEqual(['Say', 'Connect', 'Hangup']);
    expect(verbs[0]).toMatchObject({ attributes: { voice: 'alice' }, text: 'Tom & Jerry 😀! <now>' });
    expect(verbs[1]?.attributes.action).toBe('/after?a=1&b=2');
    expect(verbs[1]?.children[0]?.children[0]?.attributes).toEqual({ name: 't', value: '<">' });
  });

  it('leaves markup in CDATA, escaped ampersands and entity-like text alone', () => {
    const [say] = readTwiml('<Response><Say>&amp;lt; <![CDATA[&amp; & <b>]]></Say></Response>');
    expect(say?.text).toBe('&lt; &amp; & <b>');
  });

  it('accepts an empty response', () => {
    expect(readTwiml('<Response/>')).toEqual([]);
  });

  it.each([
    ['nothing', '', /Start tag expected/],
    ['a web page', '<html><body>Not found</body></html>', /not one <Response>/],
    ['plain text', 'Internal Server Error', /line 1: char 'I' is not expected/],
    ['text after the document', '<Response/>trailing', /not one <Response>/],
    ['an element that is not closed', '<Response><Say>hi</Response>', /Expected closing tag 'Say'/],
    ['an end that is missing', '<Response>\n<Say>hi</Say>', /Unclosed tag 'Response'/],
    ['an unquoted attribute', '<Response><Pause length=1/></Response>', /Attribute 'length'/],
    ['an attribute twice', '<Response><Say a="1" a="2"/></Response>', /Attribute 'a' is repeated/],
    ['an unknown entity', '<Response><Say>&nbsp;</Say></Response>', /&nbsp; is no entity/],
    ['an unknown entity in an attribute', '<Response><Say a="&b;"/></Response>', /&b; is no entity/],
    ['a bare ampersand', '<Response><Say>you & me</Say></Response>', /char '&' is not expected/],
    ['a character that does not exist', '<Response><Say>&#xffffff;</Say></Response>', /is no entity/],
    ['two documents', '<Response/><Response/>', /not one <Response>/],
    ['entities of its own', bomb, /no document type/],
    ['deep nesting', `<Response>${'<a>'.repeat(500)}${'</a>'.repeat(500)}</Response>`, /nested/],
    ['a name of the language', '<Response><__proto__/></Response>', /__proto__/],
  ])('refuses %s and names the problem', (_what, document, message) => {
    expect(() => readTwiml(document)).toThrow(TransportError);
    expect(() => readTwiml(document)).toThrow(message);
  });

  it('returns verbs or throws a TransportError for any input', () => {
    const pieces = fc.constantFrom(
      '<',
      '>',
      '/',
      '<Response>',
      '</Response>',
      '<a b="c">',
      '&',
      ';',
      '"',
      "'",
      '<!--',
      '-->',
      '<![CDATA[',
      'x',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
        try {
          readTwiml(parts.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(TransportError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
