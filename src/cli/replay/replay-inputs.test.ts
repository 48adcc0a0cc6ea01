import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Recording } from '../../replay/recordings.js';
import { UsageError } from '../exit.js';
import { checkOutput, outputFor, readExpected, relayUrl } from './replay-inputs.js';

let folder = '';
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hzrelay-inputs-'));
  await writeFile(at('caller.wav'), 'sound');
  await writeFile(at('golden.ndjson'), '{"type":"dtmf","turn":1}\n');
  await writeFile(at('notes.txt'), 'no events');
  const ofSession = (sessionId: string): string => `{"type":"dtmf","turn":1,"sessionId":"${sessionId}"}\n`;
  await writeFile(at('both.ndjson'), ofSession('a3f9b2c1') + ofSession('b7d1e4f2'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('an output file', () => {
  const check = (name: string): Promise<void> => {
    const recording: Recording = {
      path: at('caller.wav'),
      name: 'caller.wav',
      samples: new Int16Array(1),
      sampleRateHz: 8000,
    };
    return checkOutput(at(name), [recording]);
  };

  it('may be new or be there already, and is not touched before there is something to write', async () => {
    await check('reply.wav');
    await check('notes.txt');
    expect(await readExpected(at('golden.ndjson'))).toHaveLength(1);
  });

  it.each([
    ['.', /is a folder\. Name a file in it/],
    ['caller.wav', /is one of the recordings\. Choose another name/],
    ['nowhere/reply.wav', /there is no such file or folder\. Make the folder .*nowhere first/],
  ])('%s is refused', async (name, message) => {
    await expect(check(name)).rejects.toThrow(UsageError);
    await expect(check(name)).rejects.toThrow(message);
  });
});

describe('the output of several calls', () => {
  it.each([
    ['reply.wav', 'reply.webrtc.wav'],
    ['calls/reply.of.monday.wav', 'calls/reply.of.monday.webrtc.wav'],
    ['/tmp/reply', '/tmp/reply.webrtc'],
  ])('to %s goes to a file of its own for each: %s', (path, ofBrowser) => {
    expect(outputFor(path, 'webrtc')).toBe(ofBrowser);
    expect(outputFor(path, null)).toBe(path);
    expect(outputFor(undefined, 'webrtc')).toBeUndefined();
  });
});

describe('a golden log', () => {
  it.each([
    ['nowhere.ndjson', /--expect .*nowhere\.ndjson cannot be read: there is no such file/],
    ['.', /--expect .* cannot be read: it is a folder/],
    ['notes.txt', /--expect .*notes\.txt: line 1 is not a session event/],
    ['both.ndjson', /--expect .*both\.ndjson holds the events of 2 calls.*without --via both/],
  ])('%s is refused', async (name, message) => {
    await expect(readExpected(at(name))).rejects.toThrow(UsageError);
    await expect(readExpected(at(name))).rejects.toThrow(message);
  });
});

describe('the address of a relay', () => {
  it.each([
    ['http://127.0.0.1:8787', 'http://127.0.0.1:8787'],
    ['https://Example.com/', 'https://example.com'],
    ['https://example.com/voice/', 'https://example.com/voice'],
    ['http://[::1]:80', 'http://[::1]'],
  ])('may be %s', (text, url) => {
    expect(relayUrl(text)).toBe(url);
  });

  it.each(['localhost:8787', '127.0.0.1', 'ws://a', 'http://', 'http://a/b?c', 'http://a?b'])(
    'is not %s',
    (text) => {
      expect(() => relayUrl(text)).toThrow(UsageError);
      expect(() => relayUrl(text)).toThrow(/Give its address, for example/);
    },
  );
});

it('an address with a password in it is refused without repeating it', () => {
  expect(() => relayUrl('http://me:secret@a')).toThrow(/^--url holds credentials\. Give its address/);
});
