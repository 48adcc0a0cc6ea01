import { describe, expect, it } from '@jest/globals';
import { parseOfferResponse, parseRelayMessage, refusalIn } from './relay-messages.js';

describe('a message of the relay', () => {
  it.each([
    { type: 'sync', id: 3, relayMs: 17.5 },
    {
      type: 'event',
      number: 3,
      event: { type: 'dtmf', sessionId: 'a3f9b2c1', turn: 1, atMs: 5, digit: '1' },
    },
  ])('is %j', (message) => {
    expect(parseRelayMessage(JSON.stringify(message))).toEqual(message);
  });

  it.each(['', 'hello', 'null', '[]', '{}', '{"type":"sync"}', '{"type":"event","event":{"type":"dtmf"}}'])(
    'is not %j',
    (text) => {
      expect(parseRelayMessage(text)).toBeNull();
    },
  );
});

describe('an answer to an offer', () => {
  const answer = { id: '0a1b', callId: 'WR12', sdp: 'v=0', type: 'answer' };

  it('has an id, the name of the call and a description', () => {
    expect(parseOfferResponse(JSON.stringify(answer))).toEqual(answer);
  });

  it.each([{ id: 'not hex' }, { callId: undefined }, { sdp: 7 }, { type: 'offer' }])(
    'is none with %j',
    (wrong) => {
      expect(parseOfferResponse(JSON.stringify({ ...answer, ...wrong }))).toBeNull();
    },
  );
});

describe('a refusal', () => {
  it('is the relay’s own words, or the beginning of whatever was answered', () => {
    expect(refusalIn('{"error":"The relay is busy."}')).toBe('The relay is busy.');
    expect(refusalIn(' Bad Gateway \n')).toBe('Bad Gateway');
    expect(refusalIn('x'.repeat(500))).toHaveLength(200);
  });
});
