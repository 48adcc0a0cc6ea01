import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { getExpectedTwilioSignature, validateRequest } from 'twilio/lib/webhooks/webhooks.js';
import { twilioSignature } from '../../simulators/phone/simulated-phone-webhook.js';
import { isSignatureShaped, isSignedByTwilio, webhookUrls } from './twilio-signature.js';
import type { WebhookForm } from './webhook-form.js';

const authToken = '12345';

describe('the signature of a webhook', () => {
  // The example of https://www.twilio.com/docs/usage/security.
  const url = 'https://example.com/myapp.php?foo=1&bar=2';
  const params = {
    Digits: '1234',
    To: '+18005551212',
    From: '+14158675310',
    Caller: '+14158675310',
    CallSid: 'CA1234567890ABCDE',
  };
  const signature = 'L/OH5YylLD5NRKLltdqwSvS0BnU=';

  it('matches Twilio’s own example, also from the simulated phone', () => {
    expect(twilioSignature(authToken, url, params)).toBe(signature);
    expect(isSignedByTwilio({ authToken, signature, url, params })).toBe(true);
  });

  it('fails with any other token, URL, field or signature', () => {
    const signed = { authToken, signature, url, params };
    expect(isSignedByTwilio({ ...signed, authToken: '54321' })).toBe(false);
    expect(isSignedByTwilio({ ...signed, url: url.replace('foo', 'fo') })).toBe(false);
    expect(isSignedByTwilio({ ...signed, url: url.replace('https', 'http') })).toBe(false);
    expect(isSignedByTwilio({ ...signed, params: { ...params, Digits: '1' } })).toBe(false);
    expect(isSignedByTwilio({ ...signed, signature: signature.toLowerCase() })).toBe(false);
    expect(isSignedByTwilio({ ...signed, signature: '' })).toBe(false);
    expect(isSignedByTwilio({ ...signed, url: 'no url' })).toBe(false);
  });
});

describe('the signature of a media socket', () => {
  const url = 'wss://relay.example/twilio/media';

  it.each([
    'wss://relay.example/twilio/media',
    'wss://relay.example/twilio/media/',
    'https://relay.example/twilio/media',
    'https://relay.example:443/twilio/media',
    'wss://relay.example:443/twilio/media/',
  ])('is valid over %s', (signedUrl) => {
    const signature = twilioSignature(authToken, signedUrl, {});
    expect(isSignedByTwilio({ authToken, signature, url })).toBe(true);
  });

  it.each([
    'wss://evil.example/twilio/media',
    'wss://relay.example/twilio',
    'ws://relay.example/twilio/media',
  ])('is not valid over %s', (signedUrl) => {
    const signature = twilioSignature(authToken, signedUrl, {});
    expect(isSignedByTwilio({ authToken, signature, url })).toBe(false);
  });

  it('works on a local port without TLS', () => {
    const local = 'ws://127.0.0.1:8787/twilio/media';
    const signature = twilioSignature(authToken, local, {});
    expect(isSignedByTwilio({ authToken, signature, url: local })).toBe(true);
    expect(isSignedByTwilio({ authToken, signature, url: local.replace('8787', '8788') })).toBe(false);
  });
});

describe('the signature of any webhook', () => {
  const part = fc.string({ minLength: 1, maxLength: 8 });
  const name = fc.constantFrom('CallSid', 'From', 'a', 'A', 'ä', 'SipHeader_X', '__proto__', '');
  const value = fc.oneof(part, fc.array(part, { minLength: 2, maxLength: 4 }));
  const form: fc.Arbitrary<WebhookForm> = fc
    .array(fc.tuple(name, value), { maxLength: 6 })
    .map((fields) => Object.fromEntries(fields));
  const origin = fc.constantFrom(
    'https://relay.example',
    'https://relay.example:443',
    'https://relay.example:8443',
    'http://127.0.0.1:8787',
    'http://[::1]:8787',
    'http://relay.example',
  );
  const path = fc.constantFrom(
    '/twilio/voice',
    '/v%20x/twilio/voice/',
    '/a?q=it%27s',
    "/a?q=it's",
    '/a?b=1&b=2&c=',
    '/ä',
  );
  const url = fc.tuple(origin, path).map((parts) => parts.join(''));

  it('is valid exactly when Twilio’s own helper accepts it', () => {
    fc.assert(
      fc.property(url, url, form, form, fc.boolean(), (asked, signedUrl, params, others, isSame) => {
        const signature = getExpectedTwilioSignature(authToken, signedUrl, isSame ? params : others);
        const ours = isSignedByTwilio({ authToken, signature, url: asked, params });
        expect(ours).toBe(validateRequest(authToken, signature, asked, params as Record<string, unknown>));
      }),
      { numRuns: 2000 },
    );
  });

  it('covers each different value of a repeated field once, sorted', () => {
    const url = 'https://relay.example/twilio/voice';
    const signature = twilioSignature(authToken, url, { a: '1a2' });
    for (const a of [
      ['1', '2'],
      ['2', '1'],
      ['2', '1', '2'],
    ])
      expect(isSignedByTwilio({ authToken, signature, url, params: { a } })).toBe(true);
    expect(isSignedByTwilio({ authToken, signature, url, params: { a: ['1'] } })).toBe(false);
  });

  it('is valid with either token while they rotate', () => {
    const url = 'https://relay.example/twilio/voice';
    const signed = { url, params: { CallSid: 'CA1' }, authToken: ['the old one', 'the new one'] };
    const by = (token: string): string => twilioSignature(token, url, signed.params);
    expect(isSignedByTwilio({ ...signed, signature: by('the old one') })).toBe(true);
    expect(isSignedByTwilio({ ...signed, signature: by('the new one') })).toBe(true);
    expect(isSignedByTwilio({ ...signed, signature: by('the one before') })).toBe(false);
    expect(isSignedByTwilio({ ...signed, authToken: [], signature: by('') })).toBe(false);
  });

  it('is checked against few spellings of the address', () => {
    expect(webhookUrls('https://relay.example/voice/twilio/voice')).toEqual([
      'https://relay.example/voice/twilio/voice',
      'https://relay.example:443/voice/twilio/voice',
    ]);
    fc.assert(fc.property(url, (any) => expect(webhookUrls(any).length).toBeLessThanOrEqual(6)));
  });

  it.each([
    '',
    'x',
    '='.repeat(28),
    'A'.repeat(28),
    `${'A'.repeat(27)}==`,
    `${'A'.repeat(26)}-=`,
    `${'A'.repeat(27)}=\n`,
  ])('does not have the form %j', (header) => {
    expect(isSignatureShaped(header)).toBe(false);
  });
});
