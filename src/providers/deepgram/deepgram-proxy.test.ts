import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { DeepgramCall } from '../../../test/harness/deepgram-call.js';
import { hearingInTurn } from '../../simulators/deepgram/simulated-hearing.js';

const saved = { ...process.env };
const tunnels: string[] = [];
let proxy: Server;

/** A forward proxy that notes what it was asked for, and lets it through or does not. */
const startProxy = async (status: number): Promise<void> => {
  proxy = createServer();
  proxy.on('connect', ({ url = '' }, client) => {
    tunnels.push(url);
    client.on('error', () => undefined);
    if (status !== 200) return void client.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`);
    const [host, port] = url.split(':');
    const upstream = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  process.env.HTTP_PROXY = `http://user:secret@127.0.0.1:${(proxy.address() as AddressInfo).port}`;
};

beforeEach(() => {
  tunnels.length = 0;
  for (const name of ['http_proxy', 'no_proxy', 'NO_PROXY', 'ALL_PROXY', 'all_proxy'])
    Reflect.deleteProperty(process.env, name);
});
afterEach(async () => {
  process.env = { ...saved };
  proxy.closeAllConnections();
  await new Promise((resolve) => proxy.close(resolve));
});

it('a stream goes through the proxy that the environment names', async () => {
  await startProxy(200);
  const call = await DeepgramCall.connect({ simulator: { hearing: hearingInTurn(['hello']) } });
  expect(tunnels).toEqual([new URL(call.simulator.baseUrl).host]);
  await call.end();
});

it('a stream goes past the proxy where NO_PROXY says so', async () => {
  await startProxy(200);
  process.env.NO_PROXY = '127.0.0.1';
  const call = await DeepgramCall.connect();
  expect(tunnels).toEqual([]);
  await call.end();
});

it.each([407, 502])('a proxy that refuses with %i is told of, without its password', async (status) => {
  await startProxy(status);
  const call = await DeepgramCall.place();
  const error = await call.failure();
  expect(error).toMatchObject({ kind: 'stt', provider: 'deepgram' });
  expect(error.message).not.toContain('secret');
  expect(error.message).toMatch(String(status));
  await call.end();
});
