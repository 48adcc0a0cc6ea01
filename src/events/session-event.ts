/**
 * The events of a session, as one discriminated union. The dashboard, the log, the replay tool and the metrics use
 * them. Phone calls and browser calls have the same events.
 */
import type { ProviderErrorCategory, ProviderKind } from '../core/errors.js';
import type { Usage } from '../metrics/usage-ledger.js';
import type { TurnLatency } from '../metrics/turn-latency.js';
import type { TransportType } from '../transport/registry.js';

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
  /** The connection was lost and the caller did not come back in time. */
  | 'connection_lost'
  | 'provider_error'
  /** The relay is shutting down. */
  | 'shutdown';

/** Why an agent turn ended early. */
export type TurnAbortReason = 'interrupted' | 'superseded' | 'hangup' | 'ended' | 'error';

/** What `session.update()` changed. */
export type ChangedPart = 'language' | 'stt' | 'llm' | 'tts' | 'agent';

interface EventBase {
  /** Eight hex digits. */
  readonly sessionId: string;
  /** The event's turn; 0 is the greeting. Speech and partials carry the turn that they may become. */
  readonly turn: number;
  /** Milliseconds since `session.start`, monotonic. */
  readonly atMs: number;
  /** Wall-clock time, milliseconds since 1970 (UTC), to match other logs. It jumps when the machine's clock is set. */
  readonly timeMs: number;
}

/** The fields of each event type. */
export interface SessionEventFields {
  'session.start': {
    readonly transport: TransportType;
    readonly providers: { readonly stt: string; readonly llm: string; readonly tts: string };
    readonly callId?: string;
    readonly from?: string;
    readonly to?: string;
    readonly parameters: Readonly<Record<string, string>>;
    /** How long the session will wait for its caller when the connection is lost; 0 if it will not. */
    readonly reconnectWindowMs: number;
  };
  /** `onsetMs`: when the speech began, a little before it was detected. */
  'speech.start': { readonly onsetMs: number };
  /** `lastSpeechMs`: the caller's last speech sample. */
  'speech.end': { readonly lastSpeechMs: number };
  /** A sound that was taken for no speech: no voice was heard in it, and no words were recognised. Times as above. */
  'speech.ignored': { readonly onsetMs: number; readonly lastSpeechMs: number };
  'transcript.partial': { readonly text: string };
  /** A turn was committed; `text` joins all its segments. */
  'transcript.final': { readonly text: string; readonly typed: boolean };
  'turn.start': { readonly text: string };
  /** The caller went on before the answer was audible. The answer was dropped; the turn gets a longer text. */
  'turn.continued': { readonly text: string };
  'llm.first_token': object;
  'llm.token': { readonly text: string };
  /** The model's reasoning; only with `agent.reasoningEvents`. */
  'llm.reasoning': { readonly text: string };
  'llm.tool_call': { readonly callId: string; readonly name: string; readonly arguments: string };
  'llm.tool_result': {
    readonly callId: string;
    readonly name: string;
    readonly result: string;
    readonly failed: boolean;
    readonly durationMs: number;
  };
  /**
   * An answer that was begun before the turn was certain is adopted by the committed turn, or dropped: the caller went on,
   * the recogniser gave other words, a provider failed, the session was `changed`, or there was no such turn after all (`ended`). `text`: the words
   * that it answers. `failure`: what failed. `leadMs`: how long ago it was begun. `tokens` and `characters`: what the model
   * has sent so far, in pieces of text, and what the voice was given.
   */
  'llm.speculation': {
    readonly text: string;
    readonly outcome: 'adopted' | 'went_on' | 'other_words' | 'failed' | 'changed' | 'ended';
    readonly failure?: string;
    readonly leadMs: number;
    readonly tokens: number;
    readonly characters: number;
  };
  /** The whole answer, once it can no longer be revoked. */
  'llm.response': { readonly text: string };
  /** The first frame of the answer was handed to the transport. */
  'tts.audio_start': object;
  /** The answer was played to its end, or cut. */
  'tts.audio_end': { readonly cut: boolean };
  /**
   * The caller has heard more of the answer, by estimate; about four times a second. `text` follows the first `from` characters
   * of what was heard of the answer before.
   */
  'agent.heard': { readonly text: string; readonly from: number };
  /** Playout is paused because the caller makes a sound. */
  'agent.paused': object;
  'agent.resumed': { readonly reason: 'backchannel' | 'no_words' };
  /** `heard`: whether the heard position and the times of the words in it were measured. */
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
    /** What the providers were used for since the last turn ended; events of older versions lack it. */
    readonly usage?: Usage;
  };
  'provider.reconnect': { readonly kind: ProviderKind; readonly provider: string; readonly attempt: number };
  /** A provider that failed answers again. Any loss in between was reported before. */
  'provider.recovered': { readonly kind: ProviderKind; readonly provider: string };
  /** The vendor's id of a request or a connection of this session, for the vendor's support. */
  'provider.request': { readonly kind: ProviderKind; readonly provider: string; readonly requestId: string };
  'provider.failover': {
    readonly kind: ProviderKind;
    readonly from: string;
    readonly to: string;
    readonly cause: string;
  };
  /** The caller's audio arrives again after a `media_stopped` warning; `gapMs` is the time without audio. */
  'media.resumed': { readonly gapMs: number };
  warning: { readonly code: string; readonly message: string };
  error: {
    readonly message: string;
    readonly kind?: ProviderKind;
    readonly provider?: string;
    readonly category?: ProviderErrorCategory;
    /** The vendor's id of the failed request, if known. */
    readonly requestId?: string;
  };
  /** The connection was lost; the session waits `windowMs` for the caller to come back. */
  'session.reconnecting': { readonly cause: string; readonly windowMs: number };
  /** The caller is back after `gapMs`; the conversation goes on where it broke off. */
  'session.reconnected': { readonly gapMs: number };
  /** `session.update()` took effect: what changed, and the providers from now on. */
  'session.updated': {
    readonly changed: readonly ChangedPart[];
    readonly providers: { readonly stt: string; readonly llm: string; readonly tts: string };
  };
  /** The last event of every session. */
  'session.end': {
    readonly reason: SessionEndReason;
    readonly durationMs: number;
    /** What the providers were used for since the last turn ended; events of older versions lack it. */
    readonly usage?: Usage;
  };
}

export type SessionEventType = keyof SessionEventFields;

/** One event of the given type, or of any. */
export type SessionEvent<T extends SessionEventType = SessionEventType> = {
  [K in T]: EventBase & { readonly type: K } & Readonly<SessionEventFields[K]>;
}[T];

/** Events that come many times a second and whose content a later event repeats as a whole. */
export const fleetingEvents: ReadonlySet<SessionEventType> = new Set<SessionEventType>([
  'transcript.partial',
  'llm.token',
  'agent.heard',
]);

/** Short names that listeners may use instead. */
export const eventAliases = { transcript: 'transcript.final', llm_response: 'llm.response' } as const;

export type SessionEventAlias = keyof typeof eventAliases;

/** Every event type, in no particular order. */
export const sessionEventTypes = [
  'session.start',
  'speech.start',
  'speech.end',
  'speech.ignored',
  'transcript.partial',
  'transcript.final',
  'turn.start',
  'turn.continued',
  'llm.first_token',
  'llm.token',
  'llm.reasoning',
  'llm.tool_call',
  'llm.tool_result',
  'llm.speculation',
  'llm.response',
  'tts.audio_start',
  'tts.audio_end',
  'agent.heard',
  'agent.paused',
  'agent.resumed',
  'agent.interrupted',
  'dtmf',
  'turn.end',
  'provider.request',
  'provider.reconnect',
  'provider.failover',
  'provider.recovered',
  'media.resumed',
  'warning',
  'error',
  'session.reconnecting',
  'session.reconnected',
  'session.updated',
  'session.end',
] as const satisfies readonly SessionEventType[];
