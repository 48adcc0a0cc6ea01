import { describe, expect, it } from '@jest/globals';
import type { SessionEvent } from '../../events/session-event.js';
import { drillApology } from '../drill-stage.js';
import type { OwnDrill } from './own-drill.js';
import { ownDrills } from './own-drills.js';
import { judgeOwn, type OwnRun } from './own-verdict.js';

const drillNamed = (name: string): OwnDrill => ownDrills.find((drill) => drill.name === name)!;
const sounding = new Int16Array(8000).map((_, index) => (index % 2 === 0 ? 8000 : -8000));

/** A call of one turn. */
function call(heardText: string, { said = 'book a table', more = [], ...run }: Partial<Call> = {}): OwnRun {
  const events = [
    { type: 'session.start', atMs: 0 },
    { type: 'turn.end', turn: 0, atMs: 100, heardText: 'Hello.', latency: {} },
    { type: 'transcript.final', turn: 1, atMs: 500, text: said },
    ...more,
    { type: 'turn.end', turn: 1, atMs: 900, heardText, latency: { mouth_to_ear_ms: 300 } },
    { type: 'session.end', atMs: 1000, reason: 'hangup' },
  ] as unknown as SessionEvent[];
  return {
    caller: { events, failure: null },
    faultMs: 600,
    recording: { agent: sounding, caller: sounding, sampleRateHz: 8000 },
    left: [],
    hasSilentRecogniser: false,
    ...run,
  };
}

interface Call extends OwnRun {
  readonly said: string;
  readonly more: readonly object[];
}

const retried = [
  { type: 'error', kind: 'llm', category: 'connection', atMs: 600 },
  { type: 'provider.reconnect', kind: 'llm', atMs: 610 },
];
const rehearsal = call('A table, of course.');
const judged = (name: string, run: OwnRun) =>
  judgeOwn(drillNamed(name), 'twilio', { run, rehearsal }).problems;

describe('a drill with own providers passes', () => {
  it('with an answer in other words', () => {
    const result = judgeOwn(drillNamed('llm-refuse'), 'twilio', {
      run: call('Gladly!', { more: retried }),
      rehearsal,
    });
    expect(result).toMatchObject({
      passed: true,
      callerHeard: '1 of 1 answers',
      failed: 'connection, retried',
    });
  });

  it('with the apology where nothing else is left', () => {
    const run = call(drillApology, { more: retried.slice(0, 1) });
    expect(judged('llm-all-fail', run)).toEqual([]);
  });

  it('without the last words of a recogniser that fell silent', () => {
    const more = retried.map((event) => ({ ...event, kind: 'stt' }));
    const run = call('Gladly!', { said: 'book', more });
    expect(judged('stt-stall', run)).toEqual([]);
    expect(judgeOwn(drillNamed('stt-stall'), 'twilio', { run, rehearsal }).allowedLosses).toEqual([
      { of: 'caller', why: expect.stringContaining('fell silent') },
    ]);
  });

  it('without words that the embedded recogniser does not know, where it took over', () => {
    const failover = { type: 'provider.failover', kind: 'stt', atMs: 610, to: 'local' };
    const more = [{ ...retried[0], kind: 'stt' }, failover];
    const drill = drillNamed('stt-unauthorised');
    const judge = (said: string) =>
      judgeOwn(drill, 'twilio', { run: call('Gladly!', { said, more }), rehearsal });
    expect(judge('book')).toMatchObject({
      passed: true,
      allowedLosses: [{ of: 'caller', why: expect.stringContaining('the words of its grammar') }],
    });
    expect(judge('book a table').allowedLosses).toEqual([]);
  });
});

describe('a drill with own providers fails', () => {
  it.each<[string, string, OwnRun, string]>([
    ['no answer', 'llm-refuse', call('', { more: retried }), '1 turns got no answer'],
    [
      'the apology for an answer',
      'llm-refuse',
      call(drillApology, { more: retried }),
      '1 turns got no answer',
    ],
    ['an answer for the apology', 'llm-all-fail', call('Gladly!', { more: retried }), 'heard no apology'],
    ['a log that does not tell', 'llm-refuse', call('Gladly!'), 'the log shows no error of the llm'],
    [
      'a lost word',
      'llm-refuse',
      call('Gladly!', { said: 'book table', more: retried }),
      'lost words of the caller: a',
    ],
    [
      'silence after the fault',
      'llm-refuse',
      call('Gladly!', {
        more: retried,
        recording: { agent: new Int16Array(8000), caller: sounding, sampleRateHz: 8000 },
      }),
      'the caller heard nothing after the fault',
    ],
    [
      'an open stream',
      'llm-refuse',
      call('Gladly!', { more: retried, left: ['1 streams of the llm'] }),
      'still open at the end: 1 streams of the llm',
    ],
    [
      'a fault that never happened',
      'llm-refuse',
      call('Gladly!', { more: retried, faultMs: null }),
      'the fault never happened',
    ],
  ])('for %s', (_what, name, run, problem) => {
    expect(judged(name, run).join('\n')).toContain(problem);
  });
});
