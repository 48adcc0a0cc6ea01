import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { systemClock } from '../core/clock.js';
import { VirtualClock } from '../simulators/virtual-clock.js';
import { TunnelAgentError, type TunnelAgent, type TunnelRequest } from './tunnel-agent.js';
import { TunnelError } from './tunnel-error.js';
import { openTunnel, type Tunnel, type TunnelOptions, type TunnelState } from './tunnel.js';

const authtoken = '2abcDEFghiJKLmnoPQRstuVWXyz_123456789';
const never = new Promise<never>(() => undefined);
const url = 'https://relay.ngrok.example';

/** An agent controlled by the test. */
class ScriptedAgent implements TunnelAgent {
  readonly ended: Promise<void>;
  readonly requests: TunnelRequest[] = [];
  killed = false;
  closes = 0;
  onConnected: (connected: boolean) => void = () => undefined;
  end: () => void = () => undefined;
  readonly #opens: () => Promise<string>;
  readonly #closes: () => Promise<void>;

  constructor(
    opens: () => Promise<string> = () => Promise.resolve(`${url}/`),
    closes: () => Promise<void> = () => Promise.resolve(),
  ) {
    this.#opens = opens;
    this.#closes = closes;
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  open(request: TunnelRequest, onConnected: (connected: boolean) => void): Promise<string> {
    this.requests.push(request);
    this.onConnected = onConnected;
    onConnected(true);
    return this.#opens();
  }

  close(): Promise<void> {
    this.closes++;
    return this.#closes();
  }

  kill(): void {
    this.killed = true;
    this.end();
  }
}

const clock = new VirtualClock();

function open(agent: ScriptedAgent, more: Partial<TunnelOptions> = {}): Promise<Tunnel> {
  return openTunnel({ port: 8787, authtoken, clock, startAgent: () => agent, ...more });
}

describe('a tunnel', () => {
  it('leads to the relay’s port, with the requested domain', async () => {
    const agent = new ScriptedAgent();
    const tunnel = await open(agent, { domain: 'relay.ngrok.example' });
    expect(tunnel.url).toBe(url);
    expect(agent.requests).toEqual([
      { address: '127.0.0.1:8787', authtoken, domain: 'relay.ngrok.example', serverAddress: null },
    ]);
    await tunnel.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('reports when its connection breaks and when it is back, but not its own close', async () => {
    const agent = new ScriptedAgent();
    const states: TunnelState[] = [];
    const tunnel = await open(agent, { onState: (state) => states.push(state) });
    agent.onConnected(true);
    expect(states).toEqual([]);
    agent.onConnected(false);
    agent.onConnected(false);
    expect(tunnel.state).toBe('reconnecting');
    agent.onConnected(true);
    await tunnel.close();
    agent.onConnected(false);
    expect(states).toEqual(['reconnecting', 'connected', 'closed']);
  });

  it('reports that its agent has ended', async () => {
    const agent = new ScriptedAgent();
    const states: TunnelState[] = [];
    const tunnel = await open(agent, { onState: (state) => states.push(state) });
    agent.end();
    await agent.ended;
    await tunnel.close();
    expect(states).toEqual(['lost']);
  });

  it('is closed once, within three seconds, even by an agent that does not answer', async () => {
    const agent = new ScriptedAgent(undefined, () => never);
    const tunnel = await open(agent);
    const closing = Promise.all([tunnel.close(), tunnel.close()]);
    expect(agent.killed).toBe(false);
    clock.advance(3000);
    await closing;
    expect(agent).toMatchObject({ closes: 1, killed: true });
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('a tunnel that cannot be opened', () => {
  async function failure(promise: Promise<unknown>): Promise<TunnelError> {
    const thrown: unknown = await promise.catch((caught: unknown) => caught);
    if (!(thrown instanceof TunnelError)) throw new Error('It did not fail.', { cause: thrown });
    return thrown;
  }

  it('is given up after its time-out, together with its agent', async () => {
    const agent = new ScriptedAgent(() => never);
    const opening = failure(open(agent, { timeoutMs: 5000 }));
    clock.advance(4999);
    expect(agent.killed).toBe(false);
    clock.advance(1);
    expect((await opening).message).toMatch(/did not answer within 5 s\. Check.*--public-url/);
    expect(agent.killed).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is given up when its signal aborts', async () => {
    const [agent, stop] = [new ScriptedAgent(() => never), new AbortController()];
    const opening = open(agent, { signal: stop.signal });
    stop.abort(new Error('Stopped by SIGINT.'));
    await expect(opening).rejects.toThrow('Stopped by SIGINT.');
    expect(agent.killed).toBe(true);
    await expect(open(agent, { signal: stop.signal })).rejects.toThrow('Stopped by SIGINT.');
  });

  it.each([
    ['ERR_NGROK_107', /does not accept NGROK_AUTHTOKEN.*dashboard\.ngrok\.com.*\(ERR_NGROK_107\)/],
    ['ERR_NGROK_108', /another ngrok agent.*--public-url/],
    ['ERR_NGROK_334', /at this address is already online.*Wait a minute.*endpoints.*--domain.*--public-url/],
    ['ERR_NGROK_320', /the domain is not one of this ngrok account/],
    [
      'ERR_NGROK_9999',
      /ngrok refused it \(ERR_NGROK_9999, https:\/\/ngrok\.com\/docs\/errors\/err_ngrok_9999\)/,
    ],
  ])('explains %s, without the token', async (errorCode, words) => {
    const message = `authentication failed: Your authtoken: ${authtoken}\n\n${errorCode}\n`;
    const error = await failure(
      open(new ScriptedAgent(() => Promise.reject(new TunnelAgentError(message, errorCode)))),
    );
    expect(error.errorCode).toBe(errorCode);
    expect(error.message).toMatch(words);
    expect(JSON.stringify([error.stack, (error.cause as Error).stack])).not.toContain(authtoken);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('ngrok’s own package', () => {
  const real = { port: 8787, authtoken, clock: systemClock } as const;

  it('fails at once with a clear error if its service refuses connections', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    await expect(openTunnel({ ...real, serverAddress: `127.0.0.1:${port}` })).rejects.toThrow(
      /^There is no tunnel: ngrok’s service cannot be reached \(failed to connect session.*\)\. Check the network/,
    );
  });

  it('is stopped in the middle of an attempt that would never end', async () => {
    const sockets: Socket[] = [];
    const hole = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await once(hole, 'listening');
    const { port } = hole.address() as AddressInfo;
    const stop = new AbortController();
    const opening = openTunnel({ ...real, serverAddress: `127.0.0.1:${port}`, signal: stop.signal });
    opening.catch(() => undefined);
    const [socket] = (await once(hole, 'connection')) as [Socket];
    const gone = once(socket.on('error', () => undefined).resume(), 'close');
    stop.abort(new TunnelError('the time is up.'));
    await expect(opening).rejects.toThrow('the time is up');
    await gone;
    await new Promise((resolve) => hole.close(resolve));
    expect(sockets).toHaveLength(1);
  });
});
