import { expect, it } from '@jest/globals';
import { call, type CallOptions } from './call.js';
import { UsageError } from '../exit.js';

const to = '+15550100001';

it.each<[string[], CallOptions, RegExp]>([
  [[], {}, /No number to call\. Give one/],
  [[to, '+15550100003'], {}, /Give one number at a time/],
  [[to], { via: 'webrtc' }, /A real call goes by phone/],
  [[], { simulate: true, from: to }, /--from is for real calls/],
  [[], { simulate: true, dryRun: true }, /--dry-run is for real calls/],
  [[], { simulate: true, publicUrl: 'https://relay.example' }, /--public-url is for real calls/],
  [[], { simulate: true, maxDuration: 9 }, /--max-duration is for real calls/],
  [[to], { url: 'http://127.0.0.1:1', say: 'Hello' }, /--say and --agent need a new relay/],
  [[], { simulate: true, url: 'http://127.0.0.1:1', agent: 'a.ts' }, /--say and --agent need a new relay/],
])('calling %j with %j is bad usage', async (targets, options, words) => {
  const thrown: unknown = await call(targets, options, new AbortController().signal).catch(
    (caught: unknown) => caught,
  );
  expect(thrown).toBeInstanceOf(UsageError);
  expect((thrown as UsageError).message).toMatch(words);
});
