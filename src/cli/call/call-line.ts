/** The relay that answers a test call, and how Twilio reaches it. */
import { createServer, type AddressInfo } from 'node:net';
import type { Clock } from '../../clock.js';
import type { SessionEvent } from '../../events/session-event.js';
import { openEventFeed } from '../../replay/event-feed.js';
import type { RelaySessionConfig } from '../../server/config.js';
import { createRelay } from '../../server/create.js';
import type { RelayNotice } from '../../server/relay-options.js';
import {
  openTunnel as openNgrokTunnel,
  type Tunnel,
  type TunnelOptions,
  type TunnelState,
} from '../../server/tunnel/tunnel.js';
import { readPublicOrigin } from '../../server/tunnel/public-origin.js';
import { orAborted, UsageError } from '../exit.js';
import { relayUrl } from '../replay-inputs.js';
import { findRelay } from './running-relay.js';

/** How a call is going to be answered. */
export type LinePlan =
  /** By a relay that runs. */
  | { readonly kind: 'running'; readonly url: string; readonly publicUrl: string }
  /** By one of our own that the internet reaches already, on the usual port. */
  | { readonly kind: 'own'; readonly publicUrl: string }
  /** By one of our own behind a tunnel of our own. */
  | { readonly kind: 'tunnelled'; readonly authtoken: string; readonly domain: string | undefined };

export interface LineOptions {
  /** A relay that must be there. */
  readonly url?: string;
  /** Where the internet reaches this machine. */
  readonly publicUrl?: string;
  readonly domain?: string;
  /** Whether it must be a relay of our own, because it is told something that a running one is not. */
  readonly own: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Where `hzrelay dev` listens unless it is told otherwise. */
export function usualUrl(env: Environment): string {
  return `http://127.0.0.1:${env.HZRELAY_PORT || '8787'}`;
}

/** Finds out how the call can be answered; starts nothing. Throws a UsageError that says what is missing. */
export async function planLine(
  options: LineOptions,
  env: Environment,
  clock: Clock,
  signal: AbortSignal,
): Promise<LinePlan> {
  const { own, domain } = options;
  if (options.url !== undefined) {
    const url = relayUrl(options.url);
    if (own) throw new UsageError('--say and --agent are for a relay of our own: leave --url out.');
    const relay = await findRelay(url, clock, signal);
    if (!relay)
      throw new UsageError(`No relay answers at ${url}. Start one with hzrelay dev, or leave --url out.`);
    if (relay.publicUrl === null)
      throw new UsageError(
        `The relay at ${url} is local: Twilio cannot reach it. Start it anew with NGROK_AUTHTOKEN set, or with --public-url.`,
      );
    return { kind: 'running', url, publicUrl: relay.publicUrl };
  }
  const running = own ? null : await findRelay(usualUrl(env), clock, signal);
  if (running?.publicUrl) return { kind: 'running', url: running.url, publicUrl: running.publicUrl };
  if (options.publicUrl !== undefined) {
    const read = readPublicOrigin(options.publicUrl);
    if (!read.ok) throw new UsageError(`--public-url: ${read.problem}`);
    if (running)
      throw new UsageError(
        `A local relay runs at ${running.url}, where the call would arrive. Stop it, or start it anew with this --public-url.`,
      );
    return { kind: 'own', publicUrl: read.origin };
  }
  if (env.NGROK_AUTHTOKEN) return { kind: 'tunnelled', authtoken: env.NGROK_AUTHTOKEN, domain };
  throw new UsageError(
    `Twilio must reach a relay over the internet, and there is no way to one${running ? ` (the one at ${running.url} is local)` : ''}. Set NGROK_AUTHTOKEN (https://dashboard.ngrok.com/get-started/your-authtoken), or open a tunnel of your own and give its address as --public-url. Without either: hzrelay call --simulate.`,
  );
}

/** A relay that waits for the call. */
export interface CallLine {
  readonly publicUrl: string;
  close(): Promise<void>;
}

export interface OpenLineOptions {
  /** What answers on a relay of our own; one that runs has its own. */
  readonly session: RelaySessionConfig | undefined;
  /** Opens the events of a relay that runs. */
  readonly token: string | undefined;
  readonly clock: Clock;
  readonly onEvent: (event: SessionEvent) => void;
  readonly onNotice: (notice: RelayNotice) => void;
  readonly signal: AbortSignal;
  /** @default through ngrok */
  readonly openTunnel?: (options: TunnelOptions) => Promise<Tunnel>;
}

/** Makes the plan come true. Whoever gets the line closes it. */
export async function openLine(plan: LinePlan, options: OpenLineOptions): Promise<CallLine> {
  switch (plan.kind) {
    case 'running': {
      const { token, clock, onEvent, signal } = options;
      const feed = await openEventFeed(plan.url, { token, clock, onEvent, signal });
      const close = (): Promise<void> => {
        feed.close();
        return Promise.resolve();
      };
      return { publicUrl: plan.publicUrl, close };
    }
    case 'own': {
      const { publicUrl } = plan;
      const { clock, signal, onNotice } = options;
      const close = await ownRelay({ publicUrl }, options);
      // Some networks do not let a machine reach its own public address, so that it may work all the same.
      if (!(await findRelay(publicUrl, clock, signal).catch(() => null)))
        onNotice({ level: 'warn', message: `${publicUrl} does not lead to this relay, seen from here.` });
      return { publicUrl, close };
    }
    case 'tunnelled': {
      const { clock, signal, onNotice, openTunnel = openNgrokTunnel } = options;
      const port = await freePort();
      const { authtoken, domain } = plan;
      const onState = (state: TunnelState): void => {
        if (state !== 'closed')
          onNotice({ level: state === 'connected' ? 'info' : 'warn', message: told[state] });
      };
      const tunnel = await openTunnel({
        port,
        authtoken,
        clock,
        signal,
        onState,
        ...(domain !== undefined && { domain }),
      });
      try {
        const closeRelay = await ownRelay({ publicUrl: tunnel.url, port }, options);
        const close = async (): Promise<void> => {
          await closeRelay();
          await tunnel.close();
        };
        return { publicUrl: tunnel.url, close };
      } catch (thrown) {
        await tunnel.close();
        throw thrown;
      }
    }
  }
}

const told: Readonly<Record<Exclude<TunnelState, 'closed'>, string>> = {
  connected: 'The tunnel is back.',
  reconnecting: 'The tunnel’s connection broke; it is being made again.',
  lost: 'The tunnel is gone.',
};

/** Starts a relay; resolves with what ends it. */
async function ownRelay(
  where: { readonly publicUrl: string; readonly port?: number },
  { session, onEvent, onNotice, signal }: OpenLineOptions,
): Promise<() => Promise<void>> {
  const relay = createRelay({ session, onNotice, ...where });
  relay.on('*', onEvent);
  try {
    await orAborted(relay.listen(), signal);
  } catch (thrown) {
    await relay.close();
    throw thrown;
  }
  return () => relay.close();
}

/** A port that nobody uses now; the tunnel needs to know it before the relay has it. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
