import { isAudible } from '../../audio/level.js';
import type { SessionEvent } from '../../events/session-event.js';
import type { CallRecording } from '../../replay/caller.js';
import type { TransportType } from '../../transport/transport.js';
import { allowedLosses, excuses } from '../allowed-losses.js';
import {
  callProblems,
  failureText,
  laterMs,
  missingFromLog,
  recoveryMs,
  transcriptWords,
  type FaultyCall,
} from '../drill-events.js';
import { drillApology } from '../drill-stage.js';
import type { DrillResult } from '../drill-verdict.js';
import { spokenWords } from '../tone-speech.js';
import { holdsPhrase, noChanges, wordChanges } from '../word-changes.js';
import type { OwnDrill } from './own-drill.js';

/** A call with the providers of an agent file. */
export interface OwnRun extends FaultyCall {
  readonly recording: CallRecording | null;
  /** What was still open at the end, as text. */
  readonly left: readonly string[];
  /** The recogniser was asked for words and sent no result, not even an empty one. */
  readonly hasSilentRecogniser: boolean;
}

/** A level below this counts as silence. */
const silenceDbfs = -45;

/**
 * Judges a drill against the call without a fault. A real model varies its words and a real voice cannot be decoded, so
 * only the caller's words are compared. Of the agent it requires an answer to every turn, and sound.
 */
export function judgeOwn(
  drill: OwnDrill,
  via: TransportType,
  { run, rehearsal }: { readonly run: OwnRun; readonly rehearsal: OwnRun },
): DrillResult {
  const { events } = run.caller;
  const callerWords = wordChanges(transcriptWords(rehearsal.caller), transcriptWords(run.caller));
  const apologised = answersOf(events).some(isApology);
  const answers = answersOf(events).filter((text) => !isApology(text)).length;
  const expected = answersOf(rehearsal.caller.events).length;
  const problems = [
    ...callProblems(run, rehearsal),
    ...missingFromLog(drill, events),
    ...(callerExcuse(drill) === null ? lossesOf(callerWords) : []),
    ...outcomeProblems(drill, { apologised, missing: expected - answers }),
    ...(isHeardAfter(run) ? [] : ['the caller heard nothing after the fault']),
    ...run.left.map((what) => `still open at the end: ${what}`),
  ];
  return {
    drill: drill.name,
    via,
    passed: problems.length === 0,
    problems,
    failed: failureText(drill.kind, events),
    callerHeard: apologised ? 'the apology' : `${answers} of ${expected} answers`,
    recoveryMs: recoveryMs(drill.kind, run),
    laterMs: laterMs(events, rehearsal.caller.events),
    callerWords,
    agentWords: noChanges,
    allowedLosses: allowedLosses(
      { caller: callerExcuse(drill), agent: null },
      { caller: callerWords, agent: noChanges },
    ),
  };
}

/** The heard text of the agent in each turn except the greeting; turns without heard text are omitted. */
export function answersOf(events: readonly SessionEvent[]): string[] {
  return events.flatMap((event) =>
    event.type === 'turn.end' && event.turn > 0 && event.heardText.trim() !== '' ? [event.heardText] : [],
  );
}

function isApology(text: string): boolean {
  return holdsPhrase(spokenWords(text), spokenWords(drillApology));
}

/** Why the caller's words cannot be compared; null if they can. */
function callerExcuse({ kind, outcome, fallback, mayLoseWords }: OwnDrill): string | null {
  if (mayLoseWords) return excuses.silence;
  if (kind !== 'stt') return null;
  if (fallback) return excuses.standIn;
  return outcome === 'apology' ? excuses.deaf : null;
}

function lossesOf({ lost, doubled }: ReturnType<typeof wordChanges>): string[] {
  return [
    ...(lost.length > 0 ? [`lost words of the caller: ${lost.join(' ')}`] : []),
    ...(doubled.length > 0 ? [`doubled words of the caller: ${doubled.join(' ')}`] : []),
  ];
}

function outcomeProblems(
  { outcome }: OwnDrill,
  { apologised, missing }: { readonly apologised: boolean; readonly missing: number },
): string[] {
  if (outcome === 'apology') return apologised ? [] : ['the caller heard no apology'];
  if (outcome === 'answer_or_apology' && apologised) return [];
  return missing > 0 ? [`${missing} turns got no answer`] : [];
}

function isHeardAfter({ recording, faultMs, caller }: OwnRun): boolean {
  if (!recording || faultMs === null) return false;
  const { agent, sampleRateHz } = recording;
  const window = sampleRateHz / 10;
  const greetedMs = caller.events.find(({ type, turn }) => type === 'turn.end' && turn === 0)?.atMs ?? 0;
  const from = Math.floor((Math.max(faultMs, greetedMs) * sampleRateHz) / 1000);
  for (let at = from; at + window <= agent.length; at += window)
    if (isAudible(agent, silenceDbfs, at, at + window)) return true;
  return false;
}
