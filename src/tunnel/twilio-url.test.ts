import { expect, it } from '@jest/globals';
import { baseOf } from '../relay/http/public-url.js';
import { readTwilioUrl } from './twilio-url.js';

it.each([
  ['https://example.ngrok.app', 'https://example.ngrok.app'],
  ['HTTPS://Example.ngrok.app/', 'https://example.ngrok.app'],
  ['https://example.ngrok.app:443', 'https://example.ngrok.app'],
  ['https://example.com/voice', 'https://example.com/voice'],
  ['https://example.com/voice/', 'https://example.com/voice'],
  ['https://example.com/apps/Voice%20relay//', 'https://example.com/apps/Voice%20relay'],
  ['http://127.0.0.1:8787', 'http://127.0.0.1:8787'],
])('%s is an address for Twilio', (text, base) => {
  const reading = readTwilioUrl(text);
  expect(reading.ok && baseOf(reading.url)).toBe(base);
});

it.each([
  ['example.ngrok.app', /is no base address/],
  ['http://example.ngrok.app', /does not begin with https/],
  ['wss://example.ngrok.app', /is no base address/],
  ['https://example.ngrok.app?x=1', /more than a base address/],
  ['https://example.com/voice#x', /more than a base address/],
  ['https://user:secret@example.ngrok.app', /^holds credentials\.$/],
  ['user:secret@example.ngrok.app', /^holds credentials\.$/],
  ['https://example.ngrok.app:8443', /names a port/],
  ['mailto:me', /is no base address/],
])('%s is not an address for Twilio', (text, problem) => {
  expect(readTwilioUrl(text)).toEqual({
    ok: false,
    problem: expect.stringMatching(problem),
    remedy: expect.stringContaining('https://example.com/voice'),
  });
});
