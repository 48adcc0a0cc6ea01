/** A test call without an account: a simulated phone or browser calls a relay and holds a conversation. */
import type { Clock } from '../../core/clock.js';
import { speakConversation } from '../../replay/default-conversation.js';
import { readRecordings } from '../../replay/recordings.js';
import { callerRatesHz, replayCall } from '../../replay/replay-call.js';
import type { TransportType } from '../../transport/transport.js';
import { relayToken } from '../../relay-client/relay-token.js';
import { orAborted } from '../exit.js';
import { checkOutput, relayUrl } from '../replay/replay-inputs.js';
import { report } from '../replay/replay-report.js';
import { remoteTarget, type ReplayTarget } from '../replay/replay-target.js';
import { progress } from '../terminal.js';
import { usualUrl } from './call-line.js';
import type { CallOutput } from './call-output.js';
import { findRelay } from './running-relay.js';

export interface SimulatedCallOptions {
  readonly via: TransportType;
  readonly url?: string;
  readonly say?: string;
  readonly agent?: string;
  readonly record?: string;
}

export interface SimulatedCallSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly output: CallOutput;
}

/** Holds the conversation and reports it; resolves with the exit code. Aborting the signal hangs up. */
export async function simulatedCall(
  files: readonly string[],
  options: SimulatedCallOptions,
  { env, clock, output }: SimulatedCallSurroundings,
  signal: AbortSignal,
): Promise<number> {
  const { via, record } = options;
  const rateHz = callerRatesHz[via];
  const recordings =
    files.length > 0
      ? await readRecordings(files, rateHz)
      : await orAborted(speakConversation(rateHz), signal);
  if (record !== undefined) await checkOutput(record, recordings, '--record');
  const target = await targetOf(options, env, clock, signal);
  try {
    const authToken = env.TWILIO_AUTH_TOKEN;
    const result = await replayCall({
      url: target.url,
      events: target.events,
      via,
      recordings,
      clock,
      signal,
      ...(authToken && { authToken }),
      onEvent: (event) => output.event(event),
    });
    return await report(result, {
      json: output.json,
      ...(record !== undefined && { output: record }),
      expected: null,
      stopped: signal.aborted,
      name: null,
    });
  } finally {
    await target.close();
  }
}

/** The relay of `--url`, else the one that runs here, else a new one. */
async function targetOf(
  options: SimulatedCallOptions,
  env: SimulatedCallSurroundings['env'],
  clock: Clock,
  signal: AbortSignal,
): Promise<ReplayTarget> {
  const { url, say, agent } = options;
  if (url !== undefined) return remoteTarget(relayUrl(url), await relayToken(relayUrl(url), env));
  const isOwn = say !== undefined || agent !== undefined;
  const running = isOwn ? null : await findRelay(usualUrl(env), clock, signal);
  if (!running) {
    const { ownTarget } = await import('../replay/own-target.js');
    return ownTarget(signal, options, clock);
  }
  // Sign for the public address: the relay checks signatures against it.
  const address = running.publicUrl ?? running.url;
  progress(`Calling the relay that runs at ${running.url}.`);
  return remoteTarget(address, await relayToken(running.url, env));
}
