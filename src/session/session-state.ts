/** The session's state and what goes in and out of its state machine: plain data, so that every rule can be tested. */
import type {
  SessionEndReason,
  SessionEventFields,
  SessionEventType,
  TurnAbortReason,
} from '../events/session-event.js';
import type { Origin } from '../transport/transport.js';
import type { CallerUtterance, UtteranceTiming } from './caller-utterance.js';

/** What the session is doing, for people. */
export type SessionState = 'waiting' | 'listening' | 'thinking' | 'speaking' | 'paused' | 'ended';

/**
 * How far the agent's turn is:
 * - `awaiting`: the user drives and has not spoken yet;
 * - `generating`: model and voice work, nothing is ready;
 * - `ready`: audio is there, but turn taking holds it;
 * - `revoked`: dropped because the caller went on; the same turn will be committed again;
 * - `playing`, `paused`: audible;
 * - `cutting`: interrupted; the transport is asked how much was heard.
 */
export type AgentPhase = 'awaiting' | 'generating' | 'ready' | 'revoked' | 'playing' | 'paused' | 'cutting';

/** Why the agent speaks: an answer to the caller, the greeting, a request to repeat, or on the user's word. */
export type TurnKind = 'answer' | 'greeting' | 'sorry' | 'unprompted';

export interface AgentTurn {
  readonly turn: number;
  readonly kind: TurnKind;
  readonly phase: AgentPhase;
  /** What the caller said. */
  readonly text: string;
  readonly timing: UtteranceTiming | null;
  /** The answer must not be audible before. */
  readonly releaseAtMs: number;
  readonly interruptedBy: 'caller' | 'api' | null;
  /** The session ends once this turn was played. */
  readonly endsCall: boolean;
  /** Something of it could not be said. */
  readonly failed: boolean;
}

export interface MachineState {
  readonly phase: 'waiting' | 'live' | 'ended';
  /** Whether there is an agent that answers by itself. */
  readonly managed: boolean;
  /** The number of the next turn. */
  readonly nextTurn: number;
  readonly caller: CallerUtterance | null;
  readonly agent: AgentTurn | null;
  /** Text that is committed as soon as the interrupted turn is over. */
  readonly pending: PendingCommit | null;
  readonly sorryPrompts: number;
}

export interface PendingCommit {
  /** The words; of a turn that is continued only the new ones, unless it `repeats` the old. */
  readonly text: string;
  readonly repeats?: boolean;
  readonly timing: UtteranceTiming;
  readonly typed: boolean;
}

export type TimerName = 'final' | 'commit' | 'release' | 'barge_in';

/** Something happened. `atMs` is the session's time. */
export type MachineInput = { readonly atMs: number } & (
  | { readonly type: 'connected'; readonly greets: boolean }
  | { readonly type: 'speech_started'; readonly onsetMs: number }
  | { readonly type: 'speech_ended'; readonly lastSpeechMs: number }
  | { readonly type: 'stt_partial'; readonly text: string }
  | { readonly type: 'stt_final'; readonly text: string; readonly endOfUtterance: boolean }
  | { readonly type: 'typed'; readonly text: string }
  /** `speechLikely`: the detector sees speech that is too short to be an onset yet. */
  | { readonly type: 'timer'; readonly timer: TimerName; readonly speechLikely: boolean }
  /** The first audio of a turn can be played. */
  | { readonly type: 'audio_ready'; readonly turn: number; readonly speechLikely: boolean }
  /** The turn gave no audio at all. */
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
  | { readonly type: 'played_out'; readonly turn: number }
  /** The transport said how much of an interrupted turn was heard. */
  | { readonly type: 'cut_done'; readonly turn: number; readonly heardText: string; readonly heard: Origin }
  /** The user wants to speak: as the answer to the open turn, or unprompted. */
  | { readonly type: 'speak' }
  | { readonly type: 'interrupt' }
  | { readonly type: 'end'; readonly reason: SessionEndReason }
);

export type MachineEffect =
  | { readonly type: 'emit'; readonly event: EventDraft }
  | { readonly type: 'stt_speech_started' }
  | { readonly type: 'stt_flush' }
  | { readonly type: 'set_timer'; readonly timer: TimerName; readonly atMs: number }
  | { readonly type: 'cancel_timer'; readonly timer: TimerName }
  /** Begin the agent's turn; after `turn.continued` it begins `again`. An `awaiting` turn only opens. */
  | {
      readonly type: 'start_turn';
      readonly turn: AgentTurn;
      readonly commitMs: number;
      readonly again: boolean;
    }
  /** Speak what the user gave, as this turn. */
  | { readonly type: 'speak_now'; readonly turn: number }
  /** Stop generating a turn of which nothing was heard; `revoked`: the caller goes on, and the turn with them. */
  | { readonly type: 'drop_answer'; readonly turn: number; readonly revoked: boolean }
  | { readonly type: 'release_audio'; readonly turn: number }
  | { readonly type: 'pause_playout'; readonly turn: number }
  | { readonly type: 'resume_playout'; readonly turn: number }
  /** Stop generating, clear the transport, and answer with `cut_done`. */
  | { readonly type: 'cut_playout'; readonly turn: number }
  | { readonly type: 'end_turn'; readonly turn: number; readonly aborted: TurnAbortReason | null }
  /** Take everything down; the last effect of a session. */
  | { readonly type: 'end_session'; readonly reason: SessionEndReason };

/** An event without what the session adds by itself. */
export type EventDraft = {
  [K in SessionEventType]: { readonly type: K; readonly turn: number } & Readonly<SessionEventFields[K]>;
}[SessionEventType];

export interface Transition {
  readonly state: MachineState;
  readonly effects: readonly MachineEffect[];
}
