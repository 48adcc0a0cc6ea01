/** The relay that answers a test call, and how Twilio reaches it. */
import { createServer, type AddressInfo } from 'node:net';
import type { Clock } from '../../core/clock.js';
import type { SessionEvent } from '../../events/session-event.js';
import { openEventFeed } from '../../relay-client/event-feed.js';
import type { RelaySessionConfig } from '../../relay/config/config.js';
import { createRelay } from '../../relay/create.js';
import type { RelayNotice } from '../../relay/relay-options.js';
import {
  openTunnel as openNgrokTunnel,
  type Tunnel,
  type TunnelOptions,
  type TunnelState,
} from '../../tunnel/tunnel.js';
import { baseOf } from '../../relay/http/public-url.js';
import { readTwilioUrl } from '../../tunnel/twilio-url.js';
import { orAborted, UsageError } from '../exit.js';
import { relayUrl } from '../replay/replay-inputs.js';
import { findRelay } from './running-relay.js';

/** Which relay will answer the call. */
export type LinePlan =
  /** A relay that already runs. */
  | { readonly kind: 'running'; readonly url: string; readonly publicUrl: string }
  /** A new one on the usual port, which the internet reaches already. */
  | { readonly kind: 'own'; readonly publicUrl: string }
  /** A new one behind a new tunnel. */
  | { readonly kind: 'tunnelled'; readonly authtoken: string; readonly domain: string | undefined };

export interface LineOptions {
  /** A running relay that must answer the call. */
  readonly url?: string;
  /** Where the internet reaches this machine. */
  readonly publicUrl?: string;
  readonly domain?: string;
  /** Whether the call needs a new relay, since it gets options that a running relay cannot take. */
  readonly own: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Where `hzrelay dev` listens by default. */
export function usualUrl(env: Environment): string {
  return `http://127.0.0.1:${env.HZRELAY_PORT || '8787'}`;
}

/** Finds a relay that can answer the call; starts nothing. Throws a UsageError that says what is missing. */
export async function planLine(
  options: LineOptions,
  env: Environment,
  clock: Clock,
  signal: AbortSignal,
): Promise<LinePlan> {
  const { own, domain } = options;
  if (options.url !== undefined) {
    const url = relayUrl(options.url);
    if (own) throw new UsageError('--say and --agent need a new relay: leave --url out.');
    const relay = await findRelay(url, clock, signal);
    if (!relay)
      throw new UsageError(`No relay answers at ${url}. Start one with hzrelay dev, or leave --url out.`);
    if (relay.publicUrl === null)
      throw new UsageError(
        `The relay at ${url} is local: Twilio cannot reach it. Restart it with NGROK_AUTHTOKEN set, or with --public-url.`,
      );
    return { kind: 'running', url, publicUrl: relay.publicUrl };
  }
  const running = own ? null : await findRelay(usualUrl(env), clock, signal);
  if (running?.publicUrl) return { kind: 'running', url: running.url, publicUrl: running.publicUrl };
  if (options.publicUrl !== undefined) {
    const read = readTwilioUrl(options.publicUrl);
    if (!read.ok) throw new UsageError(`--public-url ${read.problem} ${read.remedy}`);
    if (running)
      throw new UsageError(
        `A local relay runs at ${running.url}, and the call would reach it. Stop it, or restart it with this --public-url.`,
      );
    return { kind: 'own', publicUrl: baseOf(read.url) };
  }
  if (env.NGROK_AUTHTOKEN) return { kind: 'tunnelled', authtoken: env.NGROK_AUTHTOKEN, domain };
  throw new UsageError(
    `Twilio must reach a relay over the internet, and no relay has a public address${running ? ` (the one at ${running.url} is local)` : ''}. Set NGROK_AUTHTOKEN (https://dashboard.ngrok.com/get-started/your-authtoken), or open a tunnel yourself and pass its address as --public-url. To call without either: hzrelay call --simulate.`,
  );
}

/** A relay that waits for the call. */
export interface CallLine {
  readonly publicUrl: string;
  close(): Promise<void>;
}

export interface OpenLineOptions {
  /** The session config of a new relay; a running one has its own. */
  readonly session: RelaySessionConfig | undefined;
  /** The token for the events of a running relay. */
  readonly token: string | undefined;
  readonly clock: Clock;
  readonly onEvent: (event: SessionEvent) => void;
  readonly onNotice: (notice: RelayNotice) => void;
  readonly signal: AbortSignal;
  /** @default through ngrok */
  readonly openTunnel?: (options: TunnelOptions) => Promise<Tunnel>;
}

/** Carries out the plan. The caller closes the line. */
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
      // Only a warning: some networks do not let a machine reach its own public address, though Twilio can.
      if (!(await findRelay(publicUrl, clock, signal).catch(() => null)))
        onNotice({
          level: 'warn',
          message: `This machine cannot reach the relay at ${publicUrl}. Twilio may still reach it.`,
        });
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
  connected: 'The tunnel is connected again.',
  reconnecting: 'The tunnel lost its connection; reconnecting.',
  lost: 'The tunnel is gone.',
};

/** Starts a relay; resolves with a function that closes it. */
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

/** A free port. The tunnel needs its number before the relay listens on it. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
