/** Judges whether a call survived a fault, by comparing it with the same call without the fault. */
import { messageOf } from '../core/errors.js';
import type { SessionEvent, SessionEventType } from '../events/session-event.js';
import { compareRuns } from '../replay/golden.js';
import type { TransportType } from '../transport/transport.js';
import { allowedLosses, excuses, type AllowedLoss } from './allowed-losses.js';
import { needsTool, type Drill } from './drill.js';
import type { CallerRun, DrillRun } from './drill-run.js';
import {
  callProblems,
  endReason,
  failureText,
  happenedInTool,
  historyWords,
  laterMs,
  missingFromLog,
  recoveryMs,
  transcriptWords,
} from './drill-events.js';
import { drillApology } from './drill-stage.js';
import { spokenWords } from './tone-speech.js';
import { holdsPhrase, isBeginning, noChanges, wordChanges, type WordChanges } from './word-changes.js';

/** A row of the table of drills. */
export interface DrillResult {
  readonly drill: string;
  readonly via: TransportType;
  readonly passed: boolean;
  /** The broken rules, as text. */
  readonly problems: readonly string[];
  /** What failed and how the session recovered. */
  readonly failed: string;
  readonly callerHeard: string;
  /** Time from the fault to the first sign of service; null if there was none, or nothing to recover from. */
  readonly recoveryMs: number | null;
  /** The largest delay of an answer's start, the greeting included, against the call without the fault. */
  readonly laterMs: number | null;
  /** The caller's words, as the relay understood them. */
  readonly callerWords: WordChanges;
  /** The agent's words, as the caller heard them. */
  readonly agentWords: WordChanges;
  /** Which of these words may be lost in this drill, and why. */
  readonly allowedLosses: readonly AllowedLoss[];
}

/** The result of a drill whose call could not be held to its end. */
export function unfinished(drill: string, via: TransportType, thrown: unknown): DrillResult {
  return {
    drill,
    via,
    passed: false,
    problems: [`the drill could not be finished: ${messageOf(thrown)}`],
    failed: 'the drill itself',
    callerHeard: 'nothing',
    recoveryMs: null,
    laterMs: null,
    callerWords: noChanges,
    agentWords: noChanges,
    allowedLosses: [],
  };
}

/** Judges a drill by its run and the reference run without the fault. */
export function judge(
  drill: Drill,
  via: TransportType,
  { run, rehearsal }: { readonly run: DrillRun; readonly rehearsal: DrillRun },
): DrillResult {
  const callerWords = wordChanges(transcriptWords(rehearsal.caller), transcriptWords(run.caller));
  const agentWords = agentChanges(rehearsal.caller.heardWords, run.caller);
  const apologised = heardApology(run.caller);
  const problems = [
    ...callProblems(run, rehearsal),
    ...logProblems(drill, run.caller.events),
    ...wordProblems(drill, { callerWords, agentWords, apologised }),
    ...toolProblems(drill, run),
    ...historyProblems(drill, run.caller, rehearsal.caller),
    ...neighbourProblems(run.neighbour, rehearsal.neighbour),
    ...aftermathProblems(run, rehearsal),
  ];
  if (drill.outcome === 'lost' && endReason(run.caller) !== 'connection_lost')
    problems.push('the session did not end with connection_lost');
  if (drill.asked !== undefined && run.asked > drill.asked)
    problems.push(`the provider got ${run.asked} requests, although a retry is useless`);
  return {
    drill: drill.name,
    via,
    passed: problems.length === 0,
    problems,
    failed: failureText(drill.kind, run.caller.events),
    callerHeard: heardText(agentWords, apologised),
    recoveryMs: recoveryMs(drill.kind, run),
    laterMs: laterMs(run.caller.events, rehearsal.caller.events),
    callerWords,
    agentWords,
    allowedLosses: allowedLosses(
      {
        caller: isDeaf(drill) ? excuses.deaf : null,
        agent: apologised && drill.outcome !== 'answer' ? excuses.apology : null,
      },
      { caller: callerWords, agent: agentWords },
    ),
  };
}

/** Whether no recogniser works, so that the caller's words cannot be recovered. */
function isDeaf({ kind, outcome }: Drill): boolean {
  return kind === 'stt' && (outcome === 'apology' || outcome === 'warning');
}

function logProblems(drill: Drill, events: readonly SessionEvent[]): string[] {
  const problems = missingFromLog(drill, events);
  const namesCodec = events.some(
    (event) => event.type === 'warning' && /mulaw|mu-law|linear16/i.test(event.message),
  );
  if (drill.outcome === 'warning' && !namesCodec) problems.push('no warning names the codec');
  return problems;
}

function wordProblems(
  drill: Drill,
  {
    callerWords,
    agentWords,
    apologised,
  }: { readonly callerWords: WordChanges; readonly agentWords: WordChanges; readonly apologised: boolean },
): string[] {
  const problems = isDeaf(drill) ? [] : changeProblems(callerWords, 'caller');
  switch (drill.outcome) {
    case 'answer':
      return [...problems, ...changeProblems(agentWords, 'agent')];
    case 'answer_or_apology':
      return apologised ? problems : [...problems, ...changeProblems(agentWords, 'agent')];
    case 'apology':
      return apologised ? problems : [...problems, 'the caller heard no apology'];
    case 'warning':
    case 'lost':
      return problems;
  }
}

/** Checks that the tool of such a drill ran once, and that the connection broke meanwhile. */
function toolProblems(drill: Drill, run: DrillRun): string[] {
  if (!needsTool(drill)) return [];
  const { toolRuns } = run;
  return [
    ...(toolRuns === 1 ? [] : [`the tool ran ${toolRuns} times instead of once`]),
    ...(happenedInTool(run) ? [] : ['the connection did not break while the tool ran']),
  ];
}

function changeProblems({ lost, doubled, strange }: WordChanges, who: 'caller' | 'agent'): string[] {
  return [
    ...(lost.length > 0 ? [`lost words of the ${who}: ${lost.join(' ')}`] : []),
    ...(doubled.length > 0 ? [`doubled words of the ${who}: ${doubled.join(' ')}`] : []),
    ...(strange.length > 0 ? [`unexpected words of the ${who}: ${strange.join(' ')}`] : []),
  ];
}

/** Whether the caller heard the apology, from the agent or from the phone network's voice. */
function heardApology({ heardWords, said }: CallerRun): boolean {
  const apology = spokenWords(drillApology);
  return holdsPhrase(heardWords, apology) || holdsPhrase(said.flatMap(spokenWords), apology);
}

/**
 * What the caller heard of the agent, compared with these words. Where the connection broke, the cut word is heard in part, also
 * lengthened by the far end, and then whole: not as a change.
 */
function agentChanges(expected: readonly string[], { heardWords, events }: CallerRun): WordChanges {
  const changes = wordChanges(expected, heardWords);
  const cuts = events.filter(({ type }) => type === 'session.reconnecting').length;
  const beginnings = expected.map((word) => word.slice(0, 2));
  const broken = changes.strange
    .filter((heard) => beginnings.some((beginning) => heard.startsWith(beginning)))
    .slice(0, cuts);
  return {
    lost: changes.lost.filter((word) => !broken.some((part) => part.includes(word))),
    doubled: changes.doubled.slice(Math.max(0, cuts - broken.length)),
    strange: changes.strange.filter((word) => !broken.includes(word)),
    restarted: [...changes.restarted, ...broken],
  };
}

/** Checks that the history's heard words are those the caller heard, if the two can be compared. */
function historyProblems({ outcome }: Drill, caller: CallerRun, rehearsed: CallerRun): string[] {
  const isComparable = equal(historyWords(rehearsed.events), rehearsed.heardWords);
  const history = historyWords(caller.events);
  // A cut word may be heard as a fragment: do not count it.
  const { lost, doubled, strange } = agentChanges(history, caller);
  const whole = strange.filter((word) => !history.some((other) => isBeginning(word, other)));
  // A word cut in its last sound is heard whole, then again when the agent resumes.
  const resumes = caller.events.filter(({ type }) => type === 'agent.resumed').length;
  const repeated = doubled.filter((word) => holdsPhrase(caller.heardWords, [word, word]));
  const unexplained = doubled.length - Math.min(repeated.length, resumes);
  // Of a browser that never comes back, the last report may be 0.75 s old: what would have played meanwhile counts as heard.
  const isAhead = outcome === 'lost' && isBeginning(caller.heardWords.join(' '), history.join(' '));
  if (isAhead) return [];
  if (!isComparable || (unexplained === 0 && [...lost, ...whole].length === 0)) return [];
  return [`the history says "${history.join(' ')}", the caller heard "${caller.heardWords.join(' ')}"`];
}

function neighbourProblems(neighbour: CallerRun, rehearsed: CallerRun): string[] {
  const troubles = neighbour.events.filter(({ type }) => troubleTypes.includes(type));
  const isUntouched =
    neighbour.failure === null &&
    troubles.length === 0 &&
    compareRuns(rehearsed.events, neighbour.events).equal &&
    equal(rehearsed.heardWords, neighbour.heardWords);
  return isUntouched ? [] : ['a concurrent session was affected'];
}

const troubleTypes: readonly SessionEventType[] = [
  'error',
  'warning',
  'provider.reconnect',
  'provider.failover',
];

function aftermathProblems(
  { left, leakedKey, violations, usageProblems }: DrillRun,
  rehearsal: DrillRun,
): string[] {
  return [
    ...left.map((what) => `still open at the end: ${what}`),
    ...(leakedKey ? ['an event contains a key'] : []),
    ...usageProblems,
    ...violations
      .filter((violation) => !rehearsal.violations.includes(violation))
      .map((violation) => `a vendor would reject: ${violation}`),
  ];
}

function heardText({ lost, doubled, strange }: WordChanges, apologised: boolean): string {
  const counts = [
    ...(lost.length > 0 ? [`${lost.length} lost`] : []),
    ...(doubled.length > 0 ? [`${doubled.length} doubled`] : []),
    ...(strange.length > 0 ? [`${strange.length} strange`] : []),
  ];
  if (apologised) return 'the apology';
  return counts.length === 0 ? 'every word' : counts.join(', ');
}

function equal(one: readonly string[], other: readonly string[]): boolean {
  return one.join(' ') === other.join(' ');
}
