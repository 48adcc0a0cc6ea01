/** Whether a call has survived a fault, judged by what really happened beside the same call without the fault. */
import type { ProviderKind } from '../../errors.js';
import type { SessionEvent, SessionEventType } from '../../events/session-event.js';
import { compareRuns } from '../../replay/golden.js';
import type { TransportType } from '../../transport/transport.js';
import type { Drill } from './drill.js';
import type { CallerRun, DrillRun } from './drill-run.js';
import { drillApology } from './drill-stage.js';
import { spokenWords } from './tone-speech.js';
import { holdsPhrase, isBeginning, wordChanges, type WordChanges } from './word-changes.js';

/** A row of the table of drills. */
export interface DrillResult {
  readonly drill: string;
  readonly via: TransportType;
  readonly passed: boolean;
  /** Which rules were broken, in words. */
  readonly problems: readonly string[];
  /** What failed and what was done about it. */
  readonly failed: string;
  readonly callerHeard: string;
  /** From the fault to the first sign of service; null where there was none, or nothing was to recover from. */
  readonly recoveryMs: number | null;
  /** By how much the latest answer, the greeting included, began later than without the fault. */
  readonly laterMs: number | null;
  /** The caller's words, as the relay understood them. */
  readonly callerWords: WordChanges;
  /** The agent's words, as they were heard by the caller. */
  readonly agentWords: WordChanges;
}

/** Judges a drill by the run with its fault and the one without. */
export function judge(
  drill: Drill,
  via: TransportType,
  { run, rehearsal }: { readonly run: DrillRun; readonly rehearsal: DrillRun },
): DrillResult {
  const callerWords = wordChanges(transcriptWords(rehearsal.caller), transcriptWords(run.caller));
  const agentWords = wordChanges(rehearsal.caller.heardWords, run.caller.heardWords);
  const apologised = heardApology(run.caller);
  const problems = [
    ...callProblems(run, rehearsal),
    ...logProblems(drill, run.caller.events),
    ...wordProblems(drill, { callerWords, agentWords, apologised }),
    ...historyProblems(run.caller, rehearsal.caller),
    ...neighbourProblems(run.neighbour, rehearsal.neighbour),
    ...aftermathProblems(run, rehearsal),
  ];
  if (drill.asked !== undefined && run.asked > drill.asked)
    problems.push(`the provider was asked ${run.asked} times, though asking again is of no use`);
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
  };
}

/** The words of what the caller said, turn by turn; a turn that went on counts once, with all its words. */
export function transcriptWords({ events }: CallerRun): string[] {
  const turns = new Map<number, string>();
  for (const event of events) if (event.type === 'transcript.final') turns.set(event.turn, event.text);
  return [...turns.values()].flatMap(spokenWords);
}

function callProblems({ caller, faultMs }: DrillRun, rehearsal: DrillRun): string[] {
  const problems: string[] = [];
  if (caller.failure !== null) problems.push(`there was no call: ${caller.failure}`);
  if (faultMs === null) problems.push('the fault never happened');
  const ends = caller.events.filter(({ type }) => type === 'session.end');
  if (ends.length !== 1 || caller.events.at(-1)?.type !== 'session.end')
    problems.push('session.end did not come last and once');
  const [reason, expected] = [caller, rehearsal.caller].map(endReason);
  if (reason === 'transport_error' && reason !== expected) problems.push('the connection broke');
  return problems;
}

function endReason({ events }: CallerRun): string | null {
  const end = events.at(-1);
  return end?.type === 'session.end' ? end.reason : null;
}

function logProblems({ kind, shows, outcome }: Drill, events: readonly SessionEvent[]): string[] {
  const problems = shows
    .filter((type) => !events.some((event) => event.type === type && concerns(event, kind)))
    .map((type) => `the log shows no ${type} of the ${kind}`);
  const namesCodec = events.some(
    (event) => event.type === 'warning' && /mulaw|mu-law|linear16/i.test(event.message),
  );
  if (outcome === 'warning' && !namesCodec) problems.push('no warning names the codec');
  return problems;
}

/** Whether an event is about providers of that kind, as far as it says so. */
function concerns(event: SessionEvent, kind: ProviderKind): boolean {
  return !('kind' in event) || event.kind === kind;
}

function wordProblems(
  { kind, outcome }: Drill,
  {
    callerWords,
    agentWords,
    apologised,
  }: { readonly callerWords: WordChanges; readonly agentWords: WordChanges; readonly apologised: boolean },
): string[] {
  // Where no recogniser is left, or none understands, the caller's words are beyond saving.
  const isDeaf = kind === 'stt' && (outcome === 'apology' || outcome === 'warning');
  const problems = isDeaf ? [] : changeProblems(callerWords, 'the caller said');
  switch (outcome) {
    case 'answer':
      return [...problems, ...changeProblems(agentWords, 'the agent said')];
    case 'answer_or_apology':
      return apologised ? problems : [...problems, ...changeProblems(agentWords, 'the agent said')];
    case 'apology':
      return apologised ? problems : [...problems, 'the caller heard no apology'];
    case 'warning':
      return problems;
  }
}

function changeProblems({ lost, doubled, strange }: WordChanges, who: string): string[] {
  return [
    ...(lost.length > 0 ? [`lost of what ${who}: ${lost.join(' ')}`] : []),
    ...(doubled.length > 0 ? [`doubled of what ${who}: ${doubled.join(' ')}`] : []),
    ...(strange.length > 0 ? [`not what ${who}: ${strange.join(' ')}`] : []),
  ];
}

/** The apology as it was heard, or as the phone network said it. */
function heardApology({ heardWords, said }: CallerRun): boolean {
  const apology = spokenWords(drillApology);
  return holdsPhrase(heardWords, apology) || holdsPhrase(said.flatMap(spokenWords), apology);
}

/** What the agent believes to have been heard is what was heard, where the two can be compared at all. */
function historyProblems(caller: CallerRun, rehearsed: CallerRun): string[] {
  const isComparable = equal(historyWords(rehearsed.events), rehearsed.heardWords);
  const history = historyWords(caller.events);
  // A word that was cut was not heard as a word.
  const { lost, doubled, strange } = wordChanges(history, caller.heardWords);
  const whole = strange.filter((word) => !history.some((other) => isBeginning(word, other)));
  if (!isComparable || [...lost, ...doubled, ...whole].length === 0) return [];
  return [`the history says "${history.join(' ')}", the caller heard "${caller.heardWords.join(' ')}"`];
}

function historyWords(events: readonly SessionEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'turn.end' ? spokenWords(event.heardText) : []));
}

function neighbourProblems(neighbour: CallerRun, rehearsed: CallerRun): string[] {
  const troubles = neighbour.events.filter(({ type }) => troubleTypes.includes(type));
  const isUntouched =
    neighbour.failure === null &&
    troubles.length === 0 &&
    compareRuns(rehearsed.events, neighbour.events).equal &&
    equal(rehearsed.heardWords, neighbour.heardWords);
  return isUntouched ? [] : ['another session at the same time was touched'];
}

const troubleTypes: readonly SessionEventType[] = [
  'error',
  'warning',
  'provider.reconnect',
  'provider.failover',
];

function aftermathProblems({ left, leakedKey, violations }: DrillRun, rehearsal: DrillRun): string[] {
  return [
    ...left.map((what) => `left behind: ${what}`),
    ...(leakedKey ? ['a key stands in an event'] : []),
    ...violations
      .filter((violation) => !rehearsal.violations.includes(violation))
      .map((violation) => `a vendor would object: ${violation}`),
  ];
}

function failureText(kind: ProviderKind, events: readonly SessionEvent[]): string {
  const categories = new Map<string, number>();
  const done = new Set<string>();
  let retries = 0;
  for (const event of events) {
    if (!concerns(event, kind)) continue;
    if (event.type === 'error') {
      const category = event.category ?? 'error';
      categories.set(category, (categories.get(category) ?? 0) + 1);
    } else if (event.type === 'provider.reconnect') retries++;
    else if (event.type === 'provider.failover') done.add(`${event.to} took over`);
    else if (event.type === 'warning') done.add(event.code);
  }
  const what = [...categories].map(([category, count]) => (count > 1 ? `${category} ×${count}` : category));
  if (retries > 0) done.add(retries > 1 ? `retried ×${retries}` : 'retried');
  return [...what, ...done].join(', ') || 'nothing that was noticed';
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

const signsOfService: Readonly<Record<ProviderKind, readonly SessionEventType[]>> = {
  stt: ['transcript.partial', 'transcript.final', 'provider.failover'],
  llm: ['llm.first_token', 'llm.token'],
  tts: ['tts.audio_start'],
};

function recoveryMs(kind: ProviderKind, { caller, faultMs, listeningAgainMs }: DrillRun): number | null {
  const noticedAt = caller.events.findIndex((event) => event.type === 'error' && concerns(event, kind));
  if (faultMs === null || noticedAt < 0) return null;
  const signs = caller.events
    .slice(noticedAt)
    .filter((event) => concerns(event, kind))
    .filter(({ type }) => type === 'provider.recovered' || signsOfService[kind].includes(type))
    .map(({ atMs }) => atMs);
  if (kind === 'stt' && listeningAgainMs !== null) signs.push(listeningAgainMs);
  return signs.length > 0 ? Math.max(0, Math.min(...signs) - faultMs) : null;
}

function laterMs(events: readonly SessionEvent[], rehearsed: readonly SessionEvent[]): number | null {
  const before = answerTimes(rehearsed);
  const delays = [...answerTimes(events)].flatMap(([turn, ms]) => {
    const expected = before.get(turn);
    return expected === undefined ? [] : ms - expected;
  });
  return delays.length > 0 ? Math.max(...delays) : null;
}

/** When each turn's answer was to be heard: the greeting after the call's beginning, the others after the caller's last word. */
function answerTimes(events: readonly SessionEvent[]): Map<number, number> {
  const times = new Map<number, number>();
  for (const event of events) {
    if (event.type === 'tts.audio_start' && event.turn === 0) times.set(0, event.atMs);
    const ms = event.type === 'turn.end' ? event.latency.mouth_to_ear_ms : null;
    if (ms !== null) times.set(event.turn, ms);
  }
  return times;
}

function equal(one: readonly string[], other: readonly string[]): boolean {
  return one.join(' ') === other.join(' ');
}
