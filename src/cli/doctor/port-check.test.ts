import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ScriptedServer, type Script } from '../../../test/harness/scripted-server.js';
import type { Finding } from './check.js';
import { portCheck, relayPort } from './port-check.js';

let listening: Server | null = null;
let serving: ScriptedServer | null = null;

afterEach(async () => {
  listening?.close();
  await serving?.close();
  listening = serving = null;
});

function check(port: number): Promise<Finding> {
  return portCheck(port, String(port)).run(AbortSignal.timeout(2000));
}

async function checkUsed(script: Script): Promise<Finding> {
  serving = await ScriptedServer.start(script);
  return check(Number(new URL(serving.url).port));
}

describe("the relay's port", () => {
  it('is the one that the environment names', () => {
    expect([relayPort({}), relayPort({ HZRELAY_PORT: '' }), relayPort({ HZRELAY_PORT: '9000' })]).toEqual([
      8787, 8787, 9000,
    ]);
    expect([relayPort({ HZRELAY_PORT: 'abc' }), relayPort({ HZRELAY_PORT: '65536' })]).toEqual([null, null]);
  });
});

describe('the check of the port', () => {
  it('is content with a free one, and leaves it free', async () => {
    listening = createServer().listen(0, '127.0.0.1');
    await once(listening, 'listening');
    const { port } = listening.address() as AddressInfo;
    listening.close();
    await once(listening, 'close');
    expect(await check(port)).toMatchObject({ status: 'ok' });
    expect(await check(port)).toMatchObject({ status: 'ok' });
  });

  it.each([
    [1, 'with 1 call'],
    [3, 'with 3 calls'],
  ])('reports an hzrelay that runs already, with %i sessions', async (sessions, message) => {
    const found = await checkUsed(() => ({ status: 200, body: { status: 'ok', sessions } }));
    expect(found).toMatchObject({ status: 'note', message: expect.stringContaining(message) });
    expect(serving?.asked).toEqual(['GET /healthz']);
  });

  it('tells of another program', async () => {
    const found = await checkUsed(() => ({ status: 200, body: { status: 'ok' } }));
    expect(found).toMatchObject({
      status: 'problem',
      message: expect.stringContaining('another program'),
      remedy: expect.stringContaining('HZRELAY_PORT'),
    });
  });

  it('reports an invalid port', async () => {
    const found = await portCheck(null, 'abc').run(new AbortController().signal);
    expect(found).toMatchObject({
      status: 'problem',
      message: "HZRELAY_PORT is 'abc', which is not a port.",
    });
  });
});
