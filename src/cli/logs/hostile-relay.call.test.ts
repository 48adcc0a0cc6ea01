/** What another relay sends is data: the command line shows it, and neither obeys it nor breaks. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { CliProcess } from '../../../test/harness/cli-process.js';

jest.setTimeout(180_000);

let server: Server;
afterEach(async () => {
  await CliProcess.killAll();
  server.closeAllConnections();
  server.close();
});

const hostile = '\u001b[2J\u009b31m\u202eid\u2066\r\n\u2028';
const forbidden = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

/** A relay whose events are these. */
async function serve(events: readonly unknown[]): Promise<string> {
  server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of events)
      response.write(`data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const last = { type: 'dtmf', sessionId: 'a3f9b2c1', turn: 1, atMs: 5, digit: 'last' };

async function logged(events: readonly unknown[], ...args: readonly string[]): Promise<string[]> {
  const url = await serve([...events, last]);
  const logs = CliProcess.start(['logs', '--url', url, ...args]);
  await logs.until('stdout', /last/);
  logs.signal('SIGTERM');
  const { code, stdout, stderr } = await logs.ended;
  expect(code).toBe(143);
  expect(stderr).toBe(`Connected to the relay at ${url}.\n`);
  return stdout.trimEnd().split('\n');
}

describe('hzrelay logs', () => {
  const events = [
    { type: 'dtmf', sessionId: hostile, turn: 1, atMs: 1, digit: hostile },
    { type: `new.${hostile}`, sessionId: hostile, turn: 1, atMs: 2 },
  ];

  it('prints the session of a hostile relay as text', async () => {
    const lines = await logged(events, '--verbose');
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line).not.toMatch(forbidden);
    expect(lines[0]).toMatch(/id .* dtmf: /);
  });

  it('escapes it in --json, and its reader gets the same value', async () => {
    const lines = await logged(events, '--json');
    for (const line of lines) expect(line).not.toMatch(forbidden);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([...events, last]);
  });

  it('passes over what is no event, or none that it knows', async () => {
    const odd = [
      'no JSON',
      '7',
      'null',
      { type: 'dtmf' },
      { type: 7, sessionId: 'x', turn: 1, atMs: 1 },
      { type: 'turn.end', sessionId: 'a3f9b2c1', turn: 1, atMs: 1 },
      { type: 'transcript.final', sessionId: 'a3f9b2c1', turn: 1, atMs: 1, text: { an: 'object' } },
    ];
    const lines = await logged(odd, '--verbose');
    expect(lines.at(-1)).toMatch(/dtmf: last/);
    expect(lines.length).toBeLessThanOrEqual(3);
  });
});
