import { systemClock } from '../clock.js';
import type { SessionEvent } from '../events/session-event.js';
import { readRecordings, type Recording } from '../replay/recordings.js';
import { callerRatesHz, replayCall, type ReplayResult } from '../replay/replay-call.js';
import type { Relay } from '../server/relay.js';
import type { TransportType } from '../transport/transport.js';
import { callerSpeech } from './caller-speech.js';

/** What a simulated caller says in one turn: a text, spoken by an embedded voice, or a recording. */
export type CallerTurn =
  | string
  /** Path of an audio file: WAV of any kind, or raw mu-law at 8 kHz (`.ulaw`). */
  | { readonly file: string };

export interface SimulateCallOptions {
  /** A relay of this process that listens. */
  readonly relay: Relay;
  /** Each is said when the agent has answered the one before it. */
  readonly says: readonly CallerTurn[];
  /** By phone (`twilio`) or from a browser (`webrtc`). @default 'twilio' */
  readonly via?: TransportType;
  /** Talk over the agent, so many milliseconds after it begins to speak. @default wait for its end */
  readonly bargeInMs?: number;
  /** Hears the events of this call as they happen. */
  readonly onEvent?: (event: SessionEvent) => void;
  /** Hangs up. */
  readonly signal?: AbortSignal;
}

/**
 * Calls a relay as a phone or a browser would, over a real connection and in real time: waits for the greeting, says what
 * it has to say, listens to the answers, hangs up. Resolves when the session has ended. Throws a TransportError if there is
 * no call, and an AudioFileError for recordings that cannot be read.
 *
 * @example
 * const { events } = await simulateCall({ relay, says: ['book my appointment', { file: 'friday.wav' }] });
 * assert.ok(events.some((event) => event.type === 'agent.interrupted'));
 */
export async function simulateCall(options: SimulateCallOptions): Promise<ReplayResult> {
  const { relay, says, via = 'twilio', bargeInMs = null, onEvent, signal } = options;
  const { twilioAuthToken } = relay.options;
  return replayCall({
    url: relay.url,
    via,
    recordings: (await Promise.all(says.map((turn) => recordingsOf(turn, callerRatesHz[via])))).flat(),
    clock: systemClock,
    manners: { bargeInMs },
    events: {
      subscribe(listener) {
        relay.on('*', listener);
        return () => relay.off('*', listener);
      },
    },
    ...(twilioAuthToken !== null && { authToken: twilioAuthToken }),
    ...(onEvent && { onEvent }),
    ...(signal && { signal }),
  });
}

async function recordingsOf(turn: CallerTurn, sampleRateHz: number): Promise<Recording[]> {
  if (typeof turn !== 'string') return readRecordings([turn.file], sampleRateHz);
  return [{ path: '', name: turn, samples: await callerSpeech(turn, { sampleRateHz }), sampleRateHz }];
}
