import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DeepgramCall } from '../../../test/harness/deepgram-call.js';

const saved = { ...process.env };
let proxy: Server;

/** A forward proxy that lets nothing through. */
const startProxy = async (status: number): Promise<void> => {
  proxy = createServer();
  proxy.on('connect', (_request, client) => {
    client.on('error', () => undefined);
    client.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  process.env.HTTP_PROXY = `http://user:secret@127.0.0.1:${(proxy.address() as AddressInfo).port}`;
};

beforeEach(() => {
  for (const name of ['http_proxy', 'no_proxy', 'NO_PROXY', 'ALL_PROXY', 'all_proxy'])
    Reflect.deleteProperty(process.env, name);
});
afterEach(async () => {
  process.env = { ...saved };
  proxy.closeAllConnections();
  await new Promise((resolve) => proxy.close(resolve));
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
