import { describe, expect, it } from '@jest/globals';
import type { SessionEvent, SessionEventFields, SessionEventType } from '../events/session-event.js';
import type { TurnLatency } from '../metrics/turn-latency.js';
import type { Drill } from './drill.js';
import type { CallerRun, DrillRun } from './drill-run.js';
import { drillApology } from './drill-stage.js';
import { judge, type DrillResult } from './drill-verdict.js';
import { spokenWords } from './tone-speech.js';

const said = 'book my appointment';
const answer = 'Which day suits you?';

function event<T extends SessionEventType>(
  type: T,
  atMs: number,
  fields: SessionEventFields[T],
): SessionEvent {
  return { type, sessionId: '00000000', turn: 1, atMs, ...fields } as unknown as SessionEvent;
}

interface Told {
  readonly transcript?: string;
  readonly heard?: string;
  readonly history?: string;
  readonly mouthToEarMs?: number;
  readonly more?: readonly SessionEvent[];
}

function caller({
  transcript = said,
  heard = answer,
  history = heard,
  more = [],
  ...told
}: Told = {}): CallerRun {
  const latency = { mouth_to_ear_ms: told.mouthToEarMs ?? 700 } as TurnLatency;
  return {
    events: [
      ...more,
      event('transcript.final', 3000, { text: transcript, typed: false }),
      event('turn.end', 5000, { latency, aborted: null, heardText: history }),
      event('session.end', 6000, { reason: 'hangup', durationMs: 6000 }),
    ],
    heardWords: spokenWords(heard),
    said: [],
    failure: null,
  };
}

const rehearsal: DrillRun = {
  caller: caller(),
  neighbour: caller(),
  faultMs: null,
  listeningAgainMs: null,
  toolRuns: 0,
  asked: 1,
  violations: [],
  usageProblems: [],
  left: [],
  leakedKey: false,
  utterance: { fromMs: 1000, untilMs: 2000, flushedMs: 2200 },
};

const dropped: Drill = {
  kind: 'stt',
  name: 'stt-drop',
  says: 'it drops',
  fault: { type: 'drop', at: 0.5 },
  shows: ['error', 'provider.reconnect'],
  outcome: 'answer',
};
const broken: Drill = {
  kind: 'llm',
  name: 'llm-all-fail',
  says: 'it is gone',
  fault: { fault: 'reset' },
  shows: [],
  outcome: 'apology',
};

const trouble: readonly SessionEvent[] = [
  event('error', 1500, { message: 'gone', kind: 'stt', provider: 'deepgram', category: 'connection' }),
  event('provider.reconnect', 1500, { kind: 'stt', provider: 'deepgram', attempt: 1 }),
];

function verdict(told: Told, run: Partial<DrillRun> = {}, drill = dropped): DrillResult {
  return judge(drill, 'twilio', {
    run: { ...rehearsal, faultMs: 1400, caller: caller({ more: trouble, ...told }), ...run },
    rehearsal,
  });
}

describe('the verdict of a drill', () => {
  it('is that it passed if both sides heard every word and the log says what happened', () => {
    expect(verdict({ mouthToEarMs: 750 }, { listeningAgainMs: 1600 })).toMatchObject({
      passed: true,
      problems: [],
      failed: 'connection, retried',
      callerHeard: 'every word',
      recoveryMs: 200,
      laterMs: 50,
    });
  });

  it.each<[string, Told, Partial<DrillRun>, string]>([
    ['the fault never happened', {}, { faultMs: null }, 'the fault never happened'],
    ['the log is silent', { more: [] }, {}, 'the log shows no error of the stt'],
    ['a word of the caller is lost', { transcript: 'book appointment' }, {}, 'lost words of the caller: my'],
    ['one is there twice', { transcript: 'book my my appointment' }, {}, 'doubled words of the caller: my'],
    ['a word of the agent is lost', { heard: 'Which suits you?' }, {}, 'lost words of the agent: day'],
    [
      'noise is heard',
      { heard: `${answer} aoaoa`, history: answer },
      {},
      'unexpected words of the agent: aoaoa',
    ],
    ['the history claims more than was heard', { heard: '', history: answer }, {}, 'the history says'],
    ['something is left behind', {}, { left: ['2 timers'] }, 'still open at the end: 2 timers'],
    ['a key is shown', {}, { leakedKey: true }, 'an event contains a key'],
    [
      'a vendor would reject a message',
      {},
      { violations: ['Nonsense came.'] },
      'a vendor would reject: Nonsense came.',
    ],
    ['the neighbour heard less', {}, { neighbour: caller({ heard: '' }) }, 'a concurrent session'],
    ['the neighbour was troubled', {}, { neighbour: caller({ more: trouble }) }, 'a concurrent session'],
    ['there was no call', {}, { caller: { ...caller(), failure: 'busy' } }, 'there was no call: busy'],
  ])('is that it failed where %s', (_what, told, run, problem) => {
    const { passed, problems } = verdict(told, run);
    expect(passed).toBe(false);
    expect(problems.join('\n')).toContain(problem);
  });

  it('forgives a word that was cut and said again, and counts it as neither lost nor doubled', () => {
    const { passed, agentWords } = verdict({ heard: 'Which da day suits you?', history: answer });
    expect({ passed, restarted: agentWords.restarted }).toEqual({ passed: true, restarted: ['day'] });
  });

  it('wants the apology where nothing else can be had, in the caller’s ear or from the phone network', () => {
    expect(verdict({ heard: '' }, {}, broken).problems).toContain('the caller heard no apology');
    expect(verdict({ heard: drillApology }, {}, broken)).toMatchObject({
      passed: true,
      callerHeard: 'the apology',
    });
    const byNetwork = { caller: { ...caller({ heard: '' }), said: [drillApology] } };
    expect(verdict({}, byNetwork, broken).passed).toBe(true);
  });

  it('forgives a word of the apology that is heard twice only where the agent was paused in it', () => {
    const heard = `Sorry ${drillApology}`;
    const paused = [...trouble, event('agent.resumed', 1700, { reason: 'no_words' })];
    const passed = (more: readonly SessionEvent[]): boolean =>
      verdict({ heard, history: drillApology, more }, {}, broken).passed;
    expect([passed(paused), passed(trouble)]).toEqual([true, false]);
  });

  it('wants a deaf recogniser’s warning to name the codec', () => {
    const deaf: Drill = { ...dropped, shows: ['warning'], outcome: 'warning' };
    const warned = (message: string): boolean =>
      verdict({ transcript: '', more: [event('warning', 2000, { code: 'odd', message })] }, {}, deaf).passed;
    expect([warned('Nothing was understood.'), warned('It is told that it gets mulaw.')]).toEqual([
      false,
      true,
    ]);
  });

  it('wants a tool that runs when the connection breaks to run once', () => {
    const drill: Drill = {
      kind: 'connection',
      name: 'connection-in-tool',
      says: 'it breaks while a tool runs',
      breaks: ['tool'],
      shows: [],
      outcome: 'answer',
    };
    const tool = { callId: 'call_1', name: 'find_free_days' };
    const called = event('llm.tool_call', 3100, { ...tool, arguments: '{}' });
    const done = { ...tool, result: 'Friday', failed: false, durationMs: 800 };
    const more = [called, event('llm.tool_result', 3900, done)];
    const problems = (toolRuns: number, faultMs: number): readonly string[] =>
      verdict({ more }, { toolRuns, faultMs }, drill).problems;
    expect(problems(1, 3500)).toEqual([]);
    expect(problems(0, 3500)).toEqual(['the tool ran 0 times instead of once']);
    expect(problems(2, 3500)).toEqual(['the tool ran 2 times instead of once']);
    for (const faultMs of [3000, 4000])
      expect(problems(1, faultMs)).toEqual(['the connection did not break while the tool ran']);
    expect(verdict({}, { toolRuns: 1 }, drill).problems).toHaveLength(1);
  });

  it('counts requests that were of no use', () => {
    expect(verdict({}, { asked: 2 }, { ...dropped, asked: 1 }).problems[0]).toContain('got 2 requests');
  });
});
