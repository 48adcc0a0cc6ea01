import { expect, it } from '@jest/globals';
import { readPublicOrigin } from './public-origin.js';

it.each([
  ['https://example.ngrok.app', 'https://example.ngrok.app'],
  ['HTTPS://Example.ngrok.app/', 'https://example.ngrok.app'],
  ['https://example.ngrok.app:443', 'https://example.ngrok.app'],
  ['http://127.0.0.1:8787', 'http://127.0.0.1:8787'],
])('%s is a public address', (text, origin) => {
  expect(readPublicOrigin(text)).toEqual({ ok: true, origin });
});

it.each([
  ['example.ngrok.app', /is no address/],
  ['http://example.ngrok.app', /does not begin with https/],
  ['wss://example.ngrok.app', /does not begin with https/],
  ['https://example.ngrok.app/voice', /more than an origin/],
  ['https://example.ngrok.app?x=1', /more than an origin/],
  ['https://user:secret@example.ngrok.app', /^It holds credentials\. (?!.*secret)/],
  ['https://example.ngrok.app:8443', /names a port/],
  ['mailto:me', /is no address/],
])('%s is none', (text, problem) => {
  expect(readPublicOrigin(text)).toEqual({ ok: false, problem: expect.stringMatching(problem) });
});
