/** A tunnel through ngrok: a public address that leads to a relay on this machine. */
import { delay, within, type Clock } from '../core/clock.js';
import { NgrokAgent } from './ngrok-agent.js';
import type { TunnelAgent } from './tunnel-agent.js';
import { otherTunnel, TunnelError, tunnelError } from './tunnel-error.js';

export type TunnelState =
  | 'connected'
  /** The connection to the service broke; the agent is reconnecting, with the same address. */
  | 'reconnecting'
  /** The tunnel ended without being closed. Final. */
  | 'lost'
  | 'closed';

export interface TunnelOptions {
  /** Where the relay listens on this machine. */
  readonly port: number;
  /** @default '127.0.0.1' */
  readonly host?: string;
  /** ngrok's token, as in NGROK_AUTHTOKEN. */
  readonly authtoken: string;
  /** A domain of the account. @default one that ngrok assigns */
  readonly domain?: string;
  /** Address of the ngrok service, `host:port`. @default ngrok's own */
  readonly serverAddress?: string;
  /** Time-out for opening. @default 10000 */
  readonly timeoutMs?: number;
  readonly clock: Clock;
  /** Called with every change of state after the tunnel was opened. */
  readonly onState?: (state: TunnelState) => void;
  /** Cancels the opening. */
  readonly signal?: AbortSignal;
  /** @default an ngrok agent in a child process */
  readonly startAgent?: () => TunnelAgent;
}

export interface Tunnel {
  /** The public origin, `https://….ngrok.app`. */
  readonly url: string;
  readonly state: TunnelState;
  /** Closes the tunnel within three seconds. Idempotent; never rejects. */
  close(): Promise<void>;
}

const openWithinMs = 10_000;
const closeWithinMs = 3000;

/**
 * Opens a tunnel to the port; nothing needs to listen there yet. The caller closes it; it does not keep the process alive.
 * Rejects with a TunnelError that names a remedy, at the latest after the time-out, or with the signal's reason. A failed
 * attempt leaves nothing behind.
 */
export async function openTunnel(options: TunnelOptions): Promise<Tunnel> {
  const { port, host = '127.0.0.1', authtoken, domain = null, serverAddress = null } = options;
  const { timeoutMs = openWithinMs, clock, onState, signal, startAgent = () => new NgrokAgent() } = options;
  signal?.throwIfAborted();
  const agent = startAgent();
  const tunnel = new OpenTunnel(agent, clock, onState);
  const request = { address: `${host}:${port}`, authtoken, domain, serverAddress };
  const opened = agent.open(request, (connected) => tunnel.connected(connected));
  const done = new AbortController();
  const tooLate = delay(clock, timeoutMs, anyOf(done.signal, signal)).then(() => {
    throw new TunnelError(
      `ngrok’s service did not answer within ${timeoutMs / 1000} s. Check the network and its firewall, ${otherTunnel}.`,
    );
  });
  try {
    tunnel.opened(await Promise.race([opened, tooLate]));
    return tunnel;
  } catch (thrown) {
    agent.kill();
    if (signal?.aborted) throw signal.reason;
    throw tunnelError(thrown, authtoken);
  } finally {
    done.abort();
    // Mark it as handled in case it loses the race.
    tooLate.catch(() => undefined);
    opened.catch(() => undefined);
  }
}

class OpenTunnel implements Tunnel {
  readonly #agent: TunnelAgent;
  readonly #clock: Clock;
  readonly #onState: ((state: TunnelState) => void) | undefined;
  #url = '';
  #state: TunnelState = 'connected';
  #closing: Promise<void> | null = null;

  constructor(agent: TunnelAgent, clock: Clock, onState: ((state: TunnelState) => void) | undefined) {
    this.#agent = agent;
    this.#clock = clock;
    this.#onState = onState;
  }

  get url(): string {
    return this.#url;
  }

  get state(): TunnelState {
    return this.#state;
  }

  opened(address: string): void {
    if (!URL.canParse(address)) throw new TunnelError('ngrok assigned no address.');
    this.#url = new URL(address).origin;
    void this.#agent.ended.then(() => {
      if (!this.#closing) this.#become('lost');
    });
  }

  connected(connected: boolean): void {
    // The first connection is not reported: openTunnel() resolves.
    if (this.#url !== '' && !this.#closing) this.#become(connected ? 'connected' : 'reconnecting');
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const closed = this.#agent.close().catch(() => undefined);
    await within(this.#clock, closeWithinMs, closed);
    this.#agent.kill();
    this.#become('closed');
  }

  #become(state: TunnelState): void {
    if (state === this.#state || this.#state === 'lost') return;
    this.#state = state;
    this.#onState?.(state);
  }
}

/** A signal that aborts when either of the two does. */
function anyOf(one: AbortSignal, other: AbortSignal | undefined): AbortSignal {
  return other ? AbortSignal.any([one, other]) : one;
}
