/** The transcript that the page shows: a pure function of the session's events. */
import type { SessionEvent } from '../events/session-event.js';

/** What the caller said in a turn. */
export interface CallerEntry {
  readonly side: 'caller';
  readonly turn: number;
  readonly text: string;
  /** Whether the turn was committed with this text; until then it may change. */
  readonly final: boolean;
  readonly typed: boolean;
}

/**
 * How far the agent's answer is:
 * - `preparing`: not audible yet, and may still be revoked;
 * - `speaking`: audible; `paused`: a sound from the caller paused it;
 * - `said`: played to its end;
 * - `cut`: the rest was not heard.
 */
export type AnswerProgress = 'preparing' | 'speaking' | 'paused' | 'said' | 'cut';

/** What the agent says in a turn. */
export interface AgentEntry {
  readonly side: 'agent';
  readonly turn: number;
  readonly progress: AnswerProgress;
  /** The answer as the model wrote it so far; empty where only heard words are known, as of a greeting. */
  readonly written: string;
  /** The words that were heard so far, as they were spoken. */
  readonly spoken: string;
  /** The written words that were heard so far; the spoken ones where they differ in more than marks. */
  readonly heard: string;
  /** The words that were not heard: they are still to come, or the answer was cut before them. */
  readonly unheard: string;
  /** Tools that the agent used, in order. */
  readonly tools: readonly string[];
}

export type TranscriptEntry = CallerEntry | AgentEntry;

/** In the order of appearance. An entry that did not change is the same object as before. */
export type Transcript = readonly TranscriptEntry[];

/** Maximum number of entries; older ones are dropped. */
export const maxEntries = 200;

/** The transcript after one more event. */
export function transcriptAfter(transcript: Transcript, event: SessionEvent): Transcript {
  const { turn } = event;
  switch (event.type) {
    case 'session.start':
      return [];
    case 'transcript.partial':
      return withCaller(transcript, { side: 'caller', turn, text: event.text, final: false, typed: false });
    case 'transcript.final':
      return withCaller(transcript, {
        side: 'caller',
        turn,
        text: event.text,
        final: true,
        typed: event.typed,
      });
    case 'turn.continued':
      // Drop the answer in preparation. Keep the caller's words; more will follow.
      return transcript
        .filter((entry) => entry.turn !== turn || entry.side !== 'agent')
        .map((entry) =>
          entry.turn === turn && entry.side === 'caller' ? { ...entry, final: false } : entry,
        );
    case 'llm.tool_call':
      return withAgent(transcript, turn, (entry) => ({ ...entry, tools: [...entry.tools, event.name] }));
    case 'llm.token':
      return withAgent(transcript, turn, (entry) => heardOf(entry, entry.written + event.text, entry.spoken));
    case 'llm.response':
      return withAgent(transcript, turn, (entry) => heardOf(entry, event.text, entry.spoken));
    case 'agent.heard':
      return withAgent(transcript, turn, (entry) =>
        heardOf(entry, entry.written, entry.spoken.slice(0, event.from) + event.text),
      );
    case 'tts.audio_start':
    case 'agent.resumed':
      return withoutLoosePartials(
        withAgent(transcript, turn, (entry) => ({ ...entry, progress: 'speaking' })),
        event.type === 'agent.resumed',
      );
    case 'agent.paused':
      return withAgent(transcript, turn, (entry) => ({ ...entry, progress: 'paused' }));
    case 'agent.interrupted':
      return withAgent(transcript, turn, (entry) => cutAt(entry, event.heardText));
    case 'turn.end':
      return turnEnded(transcript, event);
    case 'session.end':
      return withoutLoosePartials(transcript, true);
    default:
      return transcript;
  }
}

/** The text that a screen reader announces: finished sentences only, else null. */
export function announcement(event: SessionEvent): string | null {
  if (event.type === 'transcript.final') return `You: ${event.text}`;
  if (event.type === 'turn.end' && event.heardText !== '') return `Agent: ${event.heardText}`;
  return null;
}

function turnEnded(
  transcript: Transcript,
  { turn, aborted, heardText }: SessionEvent<'turn.end'>,
): Transcript {
  const known = transcript.some((entry) => entry.side === 'agent' && entry.turn === turn);
  // The agent did not answer.
  if (heardText === '' && !known) return transcript;
  if (aborted === null)
    return withAgent(transcript, turn, (entry) => ({
      ...entry,
      progress: 'said',
      heard: heardText === '' ? entry.heard + entry.unheard : heardText,
      unheard: '',
    }));
  return withAgent(transcript, turn, (entry) => (entry.progress === 'cut' ? entry : cutAt(entry, heardText)));
}

function cutAt(entry: AgentEntry, heardText: string): AgentEntry {
  return { ...heardOf(entry, entry.written, heardText), progress: 'cut' };
}

/** Splits an answer after the last word that was heard. */
function heardOf(entry: AgentEntry, written: string, spoken: string): AgentEntry {
  const end = endIn(written, spoken);
  return end === null
    ? { ...entry, written, spoken, heard: spoken, unheard: '' }
    : { ...entry, written, spoken, heard: written.slice(0, end), unheard: written.slice(end) };
}

const wordCharacter = /[\p{L}\p{M}\p{N}]/u;

/** Where the heard words end in the written ones, which may have marks that are not spoken; null if they differ otherwise. */
function endIn(written: string, heardText: string): number | null {
  if (written.startsWith(heardText)) return heardText.length;
  let end = 0;
  for (const character of heardText) {
    if (!wordCharacter.test(character)) continue;
    while (end < written.length && !wordCharacter.test(String.fromCodePoint(written.codePointAt(end) ?? 0)))
      end += String.fromCodePoint(written.codePointAt(end) ?? 0).length;
    if (!written.startsWith(character, end)) return null;
    end += character.length;
  }
  return end;
}

function withCaller(transcript: Transcript, entry: CallerEntry): Transcript {
  return replaced(transcript, entry);
}

function withAgent(
  transcript: Transcript,
  turn: number,
  change: (entry: AgentEntry) => AgentEntry,
): Transcript {
  const known = transcript.find(
    (entry): entry is AgentEntry => entry.side === 'agent' && entry.turn === turn,
  );
  const entry = known ?? {
    side: 'agent',
    turn,
    progress: 'preparing',
    written: '',
    spoken: '',
    heard: '',
    unheard: '',
    tools: [],
  };
  return replaced(transcript, change(entry));
}

function replaced(transcript: Transcript, entry: TranscriptEntry): Transcript {
  const at = transcript.findIndex(({ side, turn }) => side === entry.side && turn === entry.turn);
  return at < 0 ? [...transcript, entry].slice(-maxEntries) : transcript.with(at, entry);
}

/** If `certain` that no turn will follow, drops the caller's uncommitted words (a backchannel, a noise). */
function withoutLoosePartials(transcript: Transcript, certain: boolean): Transcript {
  return certain ? transcript.filter((entry) => entry.side === 'agent' || entry.final) : transcript;
}
