import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TransportError } from '../errors.js';
import { readTwiml } from './twiml-reader.js';

describe('reading TwiML', () => {
  it('gives the verbs in order, with attributes, nouns and text', () => {
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

  it('takes an empty response', () => {
    expect(readTwiml('<Response/>')).toEqual([]);
  });

  it.each([
    ['nothing', '', /not one <Response>/],
    ['a web page', '<html><body>Not found</body></html>', /not one <Response>/],
    ['plain text', 'Internal Server Error', /not one <Response>/],
    ['an element that is not closed', '<Response><Say>hi</Response>', /<\/Response> closes nothing/],
    ['an end that is missing', '<Response><Say>hi</Say>', /<Response> is not closed/],
    ['an unquoted attribute', '<Response><Pause length=1/></Response>', /not well-formed/],
    ['an unknown entity', '<Response><Say>&nbsp;</Say></Response>', /&nbsp; is no entity/],
    ['a bare ampersand', '<Response><Say>you & me</Say></Response>', /& is no entity/],
    ['two documents', '<Response/><Response/>', /not one <Response>/],
  ])('refuses %s and says what is wrong', (_what, document, message) => {
    expect(() => readTwiml(document)).toThrow(TransportError);
    expect(() => readTwiml(document)).toThrow(message);
  });

  it('reads a document or throws a TransportError, whatever it is given', () => {
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
