import { systemClock } from '../core/clock.js';
import type { SessionEvent } from '../events/session-event.js';
import { readRecordings, type Recording } from '../replay/recordings.js';
import { callerRatesHz, replayCall, type ReplayResult } from '../replay/replay-call.js';
import type { Relay } from '../relay/relay.js';
import { defaultTransport, type TransportType } from '../transport/registry.js';
import { callerSpeech } from './caller-speech.js';

/** One turn of a simulated caller: a text for the embedded voice, or a recording. */
export type CallerTurn =
  | string
  /** Path of an audio file: any WAV, or raw mu-law at 8 kHz (`.ulaw`). */
  | { readonly file: string };

export interface SimulateCallOptions {
  /** A listening relay in this process. */
  readonly relay: Relay;
  /** The caller's turns. Each is said after the agent has answered the one before. */
  readonly says: readonly CallerTurn[];
  /** By phone (`twilio`) or from a browser (`webrtc`). @default by phone */
  readonly via?: TransportType;
  /** Interrupts the agent this long after it begins to speak. @default wait for its end */
  readonly bargeInMs?: number;
  /** Called with the events of this call as they happen. */
  readonly onEvent?: (event: SessionEvent) => void;
  /** Hangs up. */
  readonly signal?: AbortSignal;
}

/**
 * Calls a relay like a phone or a browser, over a real connection and in real time: waits for the greeting, says its turns,
 * listens to the answers, hangs up. Resolves when the session has ended. Rejects with a TransportError if the call fails, and
 * with an AudioFileError for recordings that cannot be read.
 *
 * @example
 * const { events } = await simulateCall({ relay, says: ['book my appointment', { file: 'friday.wav' }] });
 * assert.ok(events.some((event) => event.type === 'agent.interrupted'));
 */
export async function simulateCall(options: SimulateCallOptions): Promise<ReplayResult> {
  const { relay, says, via = defaultTransport, bargeInMs = null, onEvent, signal } = options;
  const [authToken] = relay.options.twilioAuthTokens;
  return replayCall({
    url: relay.url,
    via,
    recordings: (await Promise.all(says.map((turn) => recordingsOf(turn, callerRatesHz[via])))).flat(),
    clock: systemClock,
    behaviour: { bargeInMs },
    events: {
      subscribe(listener) {
        relay.on('*', listener);
        return () => relay.off('*', listener);
      },
    },
    ...(authToken !== undefined && { authToken }),
    ...(onEvent && { onEvent }),
    ...(signal && { signal }),
  });
}

async function recordingsOf(turn: CallerTurn, sampleRateHz: number): Promise<Recording[]> {
  if (typeof turn !== 'string') return readRecordings([turn.file], sampleRateHz);
  return [{ path: '', name: turn, samples: await callerSpeech(turn, { sampleRateHz }), sampleRateHz }];
}
