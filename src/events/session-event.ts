/**
 * What happens in a session, as one discriminated union. The agent, the dashboard, the log, the replay tool and the
 * metrics all live on these events; they are the same for a phone call and a browser call.
 */
import type { ProviderErrorCategory, ProviderKind } from '../errors.js';
import type { TurnLatency } from '../metrics/turn-latency.js';

/** Why a session ended. */
export type SessionEndReason =
  /** The caller hung up or left the page. */
  | 'hangup'
  /** The agent said goodbye and hung up. */
  | 'completed'
  /** `session.end()` was called. */
  | 'ended'
  | 'idle_timeout'
  | 'max_duration'
  | 'transport_error'
  | 'provider_error'
  /** The relay is shutting down. */
  | 'shutdown';

/** Why an agent turn did not run to its end. */
export type TurnAbortReason = 'interrupted' | 'superseded' | 'hangup' | 'ended' | 'error';

interface EventBase {
  /** Eight hex digits. */
  readonly sessionId: string;
  /** The turn it belongs to; 0 is the greeting. Speech and transcripts carry the turn they may become. */
  readonly turn: number;
  /** Milliseconds since `session.start`, monotonic. */
  readonly atMs: number;
}

/** The events' own fields by type. */
export interface SessionEventFields {
  'session.start': {
    readonly transport: 'twilio' | 'webrtc';
    readonly providers: { readonly stt: string; readonly llm: string; readonly tts: string };
    readonly callId?: string;
    readonly from?: string;
    readonly to?: string;
    readonly parameters: Readonly<Record<string, string>>;
  };
  /** `onsetMs`: where the speech began, which is a little before it was certain. */
  'speech.start': { readonly onsetMs: number };
  /** `lastSpeechMs`: the caller's last speech sample. */
  'speech.end': { readonly lastSpeechMs: number };
  'transcript.partial': { readonly text: string };
  /** A turn was committed; all its segments joined. */
  'transcript.final': { readonly text: string; readonly typed: boolean };
  'turn.start': { readonly text: string };
  /** The caller went on before the answer was audible: it was dropped, and the turn will get a longer transcript. */
  'turn.continued': { readonly text: string };
  'llm.first_token': object;
  'llm.token': { readonly text: string };
  'llm.tool_call': { readonly callId: string; readonly name: string; readonly arguments: string };
  'llm.tool_result': {
    readonly callId: string;
    readonly name: string;
    readonly result: string;
    readonly failed: boolean;
    readonly durationMs: number;
  };
  /** The whole answer, once it can no longer be revoked. */
  'llm.response': { readonly text: string };
  /** The first frame of the answer was handed to the transport. */
  'tts.audio_start': object;
  /** The answer was played out, or cut. */
  'tts.audio_end': { readonly cut: boolean };
  /** Playout stands still because the caller makes a sound. */
  'agent.paused': object;
  'agent.resumed': { readonly reason: 'backchannel' | 'no_words' };
  'agent.interrupted': {
    readonly heardText: string;
    readonly by: 'caller' | 'api';
    readonly heard: 'measured' | 'estimated';
  };
  dtmf: { readonly digit: string };
  'turn.end': {
    readonly latency: TurnLatency;
    readonly aborted: TurnAbortReason | null;
    readonly heardText: string;
  };
  'provider.reconnect': { readonly kind: ProviderKind; readonly provider: string; readonly attempt: number };
  /** What failed works again; nothing was lost meanwhile, or what was lost has been told. */
  'provider.recovered': { readonly kind: ProviderKind; readonly provider: string };
  'provider.failover': {
    readonly kind: ProviderKind;
    readonly from: string;
    readonly to: string;
    readonly cause: string;
  };
  warning: { readonly code: string; readonly message: string };
  error: {
    readonly message: string;
    readonly kind?: ProviderKind;
    readonly provider?: string;
    readonly category?: ProviderErrorCategory;
  };
  /** Last, and once. */
  'session.end': { readonly reason: SessionEndReason; readonly durationMs: number };
}

export type SessionEventType = keyof SessionEventFields;

/** One event of the given type, or of any. */
export type SessionEvent<T extends SessionEventType = SessionEventType> = {
  [K in T]: EventBase & { readonly type: K } & Readonly<SessionEventFields[K]>;
}[T];

/** Short names that listeners may use instead. */
export const eventAliases = { transcript: 'transcript.final', llm_response: 'llm.response' } as const;

export type SessionEventAlias = keyof typeof eventAliases;

/** Every event type, in no particular order. */
export const sessionEventTypes = [
  'session.start',
  'speech.start',
  'speech.end',
  'transcript.partial',
  'transcript.final',
  'turn.start',
  'turn.continued',
  'llm.first_token',
  'llm.token',
  'llm.tool_call',
  'llm.tool_result',
  'llm.response',
  'tts.audio_start',
  'tts.audio_end',
  'agent.paused',
  'agent.resumed',
  'agent.interrupted',
  'dtmf',
  'turn.end',
  'provider.reconnect',
  'provider.failover',
  'provider.recovered',
  'warning',
  'error',
  'session.end',
] as const satisfies readonly SessionEventType[];
