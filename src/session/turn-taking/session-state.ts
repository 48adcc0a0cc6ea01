/** State, inputs and effects of the session's state machine: plain data, so every rule can be tested. */
import type {
  SessionEndReason,
  SessionEventFields,
  SessionEventType,
  TurnAbortReason,
} from '../../events/session-event.js';
import type { Origin } from '../../transport/transport.js';
import type { CallerUtterance, UtteranceTiming } from './caller-utterance.js';
import type { DropReason, SpeculationLimits, SpeculationState } from './speculation-state.js';

/** The session's state, for display. */
export type SessionState =
  'waiting' | 'listening' | 'thinking' | 'speaking' | 'paused' | 'reconnecting' | 'ended';

/**
 * Phase of the agent's turn:
 * - `awaiting`: the application has to answer with `speak()`;
 * - `generating`: model and voice work, no audio is ready;
 * - `ready`: audio is ready, but the gate is closed;
 * - `revoked`: dropped because the caller went on; the same turn will be committed again;
 * - `playing`, `paused`: audible;
 * - `cutting`: interrupted; the transport's report of the heard position is pending.
 */
export type AgentPhase = 'awaiting' | 'generating' | 'ready' | 'revoked' | 'playing' | 'paused' | 'cutting';

/**
 * Output stage of a turn:
 * - `model`: the model was asked and has sent no text;
 * - `tools`: tools run;
 * - `text`: the model sends text;
 * - `voice`: text went to speech synthesis.
 */
export type OutputStage = 'model' | 'tools' | 'text' | 'voice';

/** Why the agent speaks: an answer to the caller, the greeting, a request to repeat, or `speak()` without a turn. */
export type TurnKind = 'answer' | 'greeting' | 'reprompt' | 'unprompted';

export interface AgentTurn {
  readonly turn: number;
  readonly kind: TurnKind;
  readonly phase: AgentPhase;
  /** The latest output stage; null before the first. */
  readonly stage: OutputStage | null;
  /** What the caller said. */
  readonly text: string;
  readonly timing: UtteranceTiming | null;
  /** Earliest time at which the answer may become audible. */
  readonly releaseAtMs: number;
  /** Since when a sound without new words has held back the due answer; null if none does. */
  readonly heldSinceMs: number | null;
  readonly interruptedBy: 'caller' | 'api' | null;
  /** Whether the session ends after this turn was played. */
  readonly endsCall: boolean;
  /** Whether part of the turn could not be spoken. */
  readonly failed: boolean;
}

export interface MachineState {
  readonly phase: 'waiting' | 'live' | 'ended';
  /** Whether an agent answers; otherwise the application calls `speak()`. */
  readonly managed: boolean;
  /** The number of the next turn. */
  readonly nextTurn: number;
  readonly caller: CallerUtterance | null;
  readonly agent: AgentTurn | null;
  /** Words to commit as soon as the interrupted turn is over. */
  readonly pending: PendingCommit | null;
  readonly reprompts: number;
  /** False pauses since the caller's last words; a backchannel counts half. See `pause-evidence.ts`. */
  readonly falsePauses: number;
  /** Whether the recogniser sends partials; then long speech without any is only a sound. */
  readonly guesses: boolean;
  /** The heard text of the agent's latest turn. */
  readonly agentSaid: string;
  /** When the connection was lost; null while there is one. */
  readonly lostAtMs: number | null;
  /** Whether the recogniser is flushed in the first silence. */
  readonly flushesEarly: boolean;
  readonly speculation: SpeculationState;
}

export interface PendingCommit {
  /** The words. For a continued turn only the new ones, or all of them if `repeats`. */
  readonly text: string;
  readonly repeats?: boolean;
  readonly timing: UtteranceTiming;
  readonly typed: boolean;
}

export const timerNames = ['final', 'commit', 'release', 'pause', 'barge_in'] as const;
export type TimerName = (typeof timerNames)[number];

/** An input of the state machine. `atMs`: milliseconds since `session.start`. */
export type MachineInput = { readonly atMs: number } & (
  | { readonly type: 'connected'; readonly greets: boolean }
  | { readonly type: 'speech_started'; readonly onsetMs: number }
  | { readonly type: 'speech_ended'; readonly lastSpeechMs: number }
  /** Silence within the speech, which may be its end. */
  | { readonly type: 'speech_paused'; readonly silenceMs: number }
  /** The speech goes on after a pause. */
  | { readonly type: 'speech_resumed' }
  /** `endLikely`: whether the recogniser thinks that the caller has finished; false takes that back. */
  | { readonly type: 'stt_partial'; readonly text: string; readonly endLikely?: boolean }
  | { readonly type: 'stt_final'; readonly text: string; readonly endOfUtterance: boolean }
  | { readonly type: 'typed'; readonly text: string }
  /** `speechLikely`: the detector sees speech that is too short to be an onset yet. */
  | { readonly type: 'timer'; readonly timer: TimerName; readonly speechLikely: boolean }
  /** A turn has reached an output stage. Only for display: no rule depends on it. */
  | { readonly type: 'output_stage'; readonly turn: number; readonly stage: OutputStage }
  /** The first audio of a turn can be played. */
  | { readonly type: 'audio_ready'; readonly turn: number; readonly speechLikely: boolean }
  /** The turn ended without audio. */
  | {
      readonly type: 'nothing_to_play';
      readonly turn: number;
      readonly failed: boolean;
      readonly endsCall: boolean;
    }
  /** Everything was handed to the transport. */
  | {
      readonly type: 'output_finished';
      readonly turn: number;
      readonly failed: boolean;
      readonly endsCall: boolean;
    }
  | { readonly type: 'played_out'; readonly turn: number; readonly heardText: string }
  /** The heard part of an interrupted turn is known. */
  | { readonly type: 'cut_done'; readonly turn: number; readonly heardText: string; readonly heard: Origin }
  /** The application called `speak()`: an answer to the awaiting turn, or an unprompted turn. */
  | { readonly type: 'speak' }
  | { readonly type: 'interrupt' }
  /** The session has other parts. `recogniser`: another recogniser. `answers`: what answers are made with has changed. */
  | {
      readonly type: 'changed';
      readonly flushesEarly: boolean;
      readonly speculation: SpeculationLimits | null;
      readonly recogniser: boolean;
      readonly answers: boolean;
    }
  /** The connection is gone, but the far end may come back. */
  | { readonly type: 'line_lost' }
  | { readonly type: 'line_back' }
  | { readonly type: 'end'; readonly reason: SessionEndReason }
);

export type MachineEffect =
  | { readonly type: 'emit'; readonly event: EventDraft }
  | { readonly type: 'stt_speech_started' }
  | { readonly type: 'stt_flush' }
  | { readonly type: 'set_timer'; readonly timer: TimerName; readonly atMs: number }
  | { readonly type: 'cancel_timer'; readonly timer: TimerName }
  /**
   * Begin the agent's turn; `again` after `turn.continued`. `adopts`: with the answer that was begun early. An `awaiting`
   * turn only opens.
   */
  | {
      readonly type: 'start_turn';
      readonly turn: AgentTurn;
      readonly commitMs: number;
      readonly again: boolean;
      readonly adopts: boolean;
    }
  /** Begin an answer to words that are not committed yet. */
  | { readonly type: 'speculate'; readonly turn: number; readonly text: string }
  /** Drop that answer. */
  | { readonly type: 'drop_speculation'; readonly reason: DropReason }
  /** Speak the application's text as this turn. */
  | { readonly type: 'speak_now'; readonly turn: number }
  /** Stop generating an unheard turn; `revoked`: the caller goes on, and the turn will be committed again. */
  | { readonly type: 'drop_answer'; readonly turn: number; readonly revoked: boolean }
  | { readonly type: 'release_audio'; readonly turn: number }
  | { readonly type: 'pause_playout'; readonly turn: number }
  | { readonly type: 'resume_playout'; readonly turn: number }
  /** Stop generating, clear the transport, and answer with `cut_done`. */
  | { readonly type: 'cut_playout'; readonly turn: number }
  | { readonly type: 'end_turn'; readonly turn: number; readonly aborted: TurnAbortReason | null }
  /** Close the session; its last effect. */
  | { readonly type: 'end_session'; readonly reason: SessionEndReason };

/** An event without the fields that the reporter adds. */
export type EventDraft = {
  [K in SessionEventType]: { readonly type: K; readonly turn: number } & Readonly<SessionEventFields[K]>;
}[SessionEventType];

export interface Transition {
  readonly state: MachineState;
  readonly effects: readonly MachineEffect[];
}
