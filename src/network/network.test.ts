import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { openHttpClient } from './http-client.js';
import { proxyFor } from './proxy.js';
import { webSocketAgent } from './web-socket-agent.js';

const variables = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'].flatMap((name) => [
  name,
  name.toLowerCase(),
]);
const saved = new Map(variables.map((name) => [name, process.env[name]]));
const servers: Server[] = [];

beforeEach(() => {
  for (const name of variables) Reflect.deleteProperty(process.env, name);
});

afterEach(async () => {
  for (const [name, value] of saved) {
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listening(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A forward proxy that tunnels, and notes for whom. */
async function startProxy(): Promise<{ readonly address: string; readonly tunnels: string[] }> {
  const tunnels: string[] = [];
  const server = createServer();
  server.on('connect', ({ url = '' }, client, head) => {
    tunnels.push(url);
    const [host = '', port] = url.split(':');
    const upstream = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
  });
  return { address: await listening(server), tunnels };
}

describe('the proxy for a URL', () => {
  test('is none where no variable names one', () => {
    expect(proxyFor('https://api.openai.com/v1')).toBeNull();
    expect(webSocketAgent('wss://api.deepgram.com')).toBeUndefined();
  });

  test.each([
    ['https://api.openai.com', 'HTTPS_PROXY'],
    ['wss://api.deepgram.com', 'https_proxy'],
    ['http://127.0.0.1:11434', 'http_proxy'],
    ['ws://127.0.0.1:9001', 'HTTP_PROXY'],
    ['wss://api.elevenlabs.io', 'ALL_PROXY'],
  ])('for %s is what %s says', (url, variable) => {
    process.env[variable] = 'http://proxy.test:3128';
    expect(proxyFor(url)?.host).toBe('proxy.test:3128');
  });

  test.each([
    ['api.deepgram.com', 'wss://api.deepgram.com/v1/listen', true],
    ['.deepgram.com', 'wss://api.deepgram.com/v1/listen', true],
    ['deepgram.com', 'wss://api.deepgram.com/v1/listen', true],
    ['*', 'wss://api.deepgram.com/v1/listen', true],
    ['localhost, API.Deepgram.com:443', 'wss://api.deepgram.com/v1/listen', true],
    ['gram.com', 'wss://api.deepgram.com/v1/listen', false],
    ['api.deepgram.com:8443', 'wss://api.deepgram.com/v1/listen', false],
    ['10.0.0.0/8', 'https://10.1.2.3:8000/v1', true],
    ['10.0.0.0/8', 'https://11.1.2.3:8000/v1', false],
    ['127.0.0.1 fd00::/8', 'https://[fd12::1]/v1', true],
    ['10.0.0.0/99, /8, 10.0.0.0/', 'https://10.1.2.3/v1', false],
  ])('where NO_PROXY is %s, for %s: exempt is %j', (exempt, url, isExempt) => {
    process.env.HTTPS_PROXY = 'http://proxy.test:3128';
    process.env.NO_PROXY = exempt;
    expect(proxyFor(url)).toEqual(isExempt ? null : new URL('http://proxy.test:3128'));
  });

  test.each([
    ['proxy.test:3128', 'http://proxy.test:3128/'],
    ['user:word@proxy.test', 'http://user:word@proxy.test/'],
    ['https://proxy.test:8443', 'https://proxy.test:8443/'],
    ['http://[::1]:3128', 'http://[::1]:3128/'],
  ])('named as %s is %s', (given, proxy) => {
    process.env.HTTPS_PROXY = given;
    expect(proxyFor('https://api.openai.com')?.href).toBe(proxy);
  });

  test.each(['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY'])(
    'that is no HTTP proxy is refused by the name of its variable, %s, without its password',
    (variable) => {
      process.env[variable] = 'socks5://user:secret@proxy.test:1080';
      expect(() => proxyFor('https://api.openai.com')).toThrow(new RegExp(`${variable}: is not`));
      expect(() => proxyFor('https://api.openai.com')).not.toThrow(/secret/);
    },
  );
});

describe('through a proxy', () => {
  test('go HTTP requests and WebSockets', async () => {
    const proxy = await startProxy();
    const origin = createServer((_request, response) => response.end('hello'));
    const sockets = new WebSocketServer({ server: origin });
    sockets.on('connection', (socket) => socket.send('welcome'));
    const host = await listening(origin);
    process.env.HTTP_PROXY = `http://${proxy.address}`;

    const client = await openHttpClient(`http://${host}`);
    expect(await (await client.fetch(`http://${host}/`)).text()).toBe('hello');
    await client.close();
    const url = `ws://${host}/`;
    const socket = new WebSocket(url, { agent: webSocketAgent(url) });
    const [welcome] = await new Promise<unknown[]>((resolve) =>
      socket.once('message', (...of) => resolve(of)),
    );
    expect(String(welcome)).toBe('welcome');
    socket.terminate();
    expect(proxy.tunnels).toEqual([host, host]);
  });
});

test('requests that follow each other share connections', async () => {
  const origin = createServer((_request, response) => response.end('hello'));
  let connections = 0;
  origin.on('connection', () => connections++);
  const host = await listening(origin);
  const client = await openHttpClient(`http://${host}`);
  for (let request = 0; request < 10; request++) await (await client.fetch(`http://${host}/`)).text();
  await client.close();
  // The first may not be free yet when the second request begins.
  expect(connections).toBeLessThanOrEqual(2);
});
