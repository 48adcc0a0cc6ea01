import { describe, expect, it } from '@jest/globals';
import { twilioSignature } from '../../replay/simulated-phone-webhook.js';
import { isSignedByTwilio } from './twilio-signature.js';

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

  it('is the one of Twilio’s own example, also by the simulated phone', async () => {
    expect(twilioSignature(authToken, url, params)).toBe(signature);
    expect(await isSignedByTwilio({ authToken, signature, url, params })).toBe(true);
  });

  it('fails with any other token, URL, field or signature', async () => {
    const signed = { authToken, signature, url, params };
    expect(await isSignedByTwilio({ ...signed, authToken: '54321' })).toBe(false);
    expect(await isSignedByTwilio({ ...signed, url: url.replace('foo', 'fo') })).toBe(false);
    expect(await isSignedByTwilio({ ...signed, url: url.replace('https', 'http') })).toBe(false);
    expect(await isSignedByTwilio({ ...signed, params: { ...params, Digits: '1' } })).toBe(false);
    expect(await isSignedByTwilio({ ...signed, signature: signature.toLowerCase() })).toBe(false);
    expect(await isSignedByTwilio({ ...signed, signature: undefined })).toBe(false);
    expect(await isSignedByTwilio({ ...signed, signature: '' })).toBe(false);
    expect(await isSignedByTwilio({ ...signed, url: 'no url' })).toBe(false);
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
  ])('may have been made over %s', async (signedUrl) => {
    const signature = twilioSignature(authToken, signedUrl, {});
    expect(await isSignedByTwilio({ authToken, signature, url })).toBe(true);
  });

  it.each([
    'wss://evil.example/twilio/media',
    'wss://relay.example/twilio',
    'ws://relay.example/twilio/media',
  ])('may not have been made over %s', async (signedUrl) => {
    const signature = twilioSignature(authToken, signedUrl, {});
    expect(await isSignedByTwilio({ authToken, signature, url })).toBe(false);
  });

  it('works on a local port without TLS', async () => {
    const local = 'ws://127.0.0.1:8787/twilio/media';
    const signature = twilioSignature(authToken, local, {});
    expect(await isSignedByTwilio({ authToken, signature, url: local })).toBe(true);
    expect(await isSignedByTwilio({ authToken, signature, url: local.replace('8787', '8788') })).toBe(false);
  });
});
