import { describe, expect, it } from '@jest/globals';
import { formatLogLine, sysLogLine } from '../../events/sys-log.js';
import type { SessionActivity } from '../../events/session-activity.js';
import type { SessionEvent } from '../../events/session-event.js';
import { callStart, goldenCall, sampleEvent, turnAnswered } from '../../../test/harness/sample-calls.js';
import {
  initialModel,
  keptEndedSessions,
  listedSessions,
  liveCount,
  modelAfter,
  type DashboardInput,
  type DashboardModel,
} from './dashboard-model.js';
import type { RelayFacts } from './relay-facts.js';
import { selectedSession, selectedTurn, stateText } from './selection.js';
import { lastLines } from './session-log.js';

const relay: RelayFacts = {
  version: '0.1.0',
  state: 'starting',
  localUrl: null,
  publicUrl: null,
  phoneNumber: null,
  providers: null,
  recording: false,
};

function fed(...inputs: DashboardInput[]): DashboardModel {
  return inputs.reduce(modelAfter, initialModel(relay, { columns: 80, rows: 24 }));
}

const events = (...list: SessionEvent[]): DashboardInput[] => list.map((event) => ({ type: 'event', event }));

const end = (sessionId: string): SessionEvent =>
  sampleEvent('session.end', { reason: 'hangup', durationMs: 5000 }, { sessionId, turn: 0 });

describe('the dashboard model', () => {
  it('follows a whole call by its events', () => {
    const session = fed(...events(...goldenCall('booking'))).sessions.get('a3f9b2c1')!;
    expect(session).toMatchObject({
      transport: 'twilio',
      caller: '+15550100001',
      providers: { stt: 'local', llm: 'local', tts: 'local' },
      turnCount: 5,
      errors: 0,
      end: { reason: 'completed' },
    });
    expect(session.mouthToEarMs).toHaveLength(5);
    expect(session.latency.p50).toBeCloseTo(session.mouthToEarMs.toSorted((a, b) => a - b)[2]!);
    expect(session.transcript.at(1)).toMatchObject({
      side: 'caller',
      text: 'book my appointment',
      final: true,
    });
  });

  it('logs each event in the words of the SYS_LOG', () => {
    const call = goldenCall('barge-in');
    const { log } = fed(...events(...call));
    const query = { verbose: true, filter: [], sessionId: null, until: null };
    expect(lastLines(log, query, 999).map(formatLogLine)).toEqual(
      call.map((event) => formatLogLine(sysLogLine(event))),
    );
  });

  it.each<[SessionEvent['type'], string]>([
    ['speech.start', 'hearing'],
    ['transcript.final', 'thinking'],
    ['tts.audio_start', 'speaking'],
    ['tts.audio_end', 'listening'],
  ])('follows what a session does: after %s it is %s', (type, activity) => {
    const call = goldenCall('booking');
    const until = call.findIndex((event) => event.type === type && event.turn > 0);
    expect(fed(...events(...call.slice(0, until + 1))).sessions.get('a3f9b2c1')!.activity).toBe(activity);
  });

  it('counts warnings and errors, and names the provider that took over', () => {
    const session = fed(
      ...events(
        callStart(),
        sampleEvent('provider.failover', { kind: 'llm', from: 'openai', to: 'local', cause: 'timeout' }),
        sampleEvent('provider.reconnect', { kind: 'stt', provider: 'deepgram', attempt: 1 }),
        sampleEvent('error', { message: 'tts failed' }),
      ),
    ).sessions.get('a3f9b2c1')!;
    expect(session).toMatchObject({ warnings: 2, errors: 1, providers: { stt: 'local', llm: 'local' } });
  });

  it('lists live sessions by their start, then ended ones, the latest first', () => {
    const model = fed(
      ...events(callStart('00000001'), callStart('00000002'), callStart('00000003'), callStart('00000004')),
      ...events(end('00000002'), end('00000001')),
    );
    expect(listedSessions(model).map(({ id }) => id)).toEqual([
      '00000003',
      '00000004',
      '00000001',
      '00000002',
    ]);
    expect(liveCount(model)).toBe(2);
  });

  it('keeps all live sessions, and only the latest ended ones', () => {
    const ids = Array.from({ length: 300 }, (_, i) => String(i).padStart(8, '0'));
    const model = fed(
      ...events(callStart('ffffffff')),
      ...ids.flatMap((id) => events(callStart(id), end(id))),
    );
    expect(model.sessions.size).toBe(keptEndedSessions + 1);
    expect(model.sessions.has('ffffffff')).toBe(true);
    expect(listedSessions(model)[1]!.id).toBe('00000299');
  });

  it('keeps a bounded part of an endless call', () => {
    const turns = Array.from({ length: 3000 }, (_, i) => turnAnswered(i + 1, 500 + i));
    const tokens = Array.from({ length: 3000 }, (_, i) =>
      sampleEvent('transcript.final', { text: 'again', typed: false }, { turn: i }),
    );
    const session = fed(...events(callStart(), ...turns, ...tokens)).sessions.get('a3f9b2c1')!;
    expect(session.turnCount).toBe(3000);
    expect(session.mouthToEarMs.length).toBeLessThanOrEqual(500);
    expect(session.turns.length).toBeLessThanOrEqual(50);
    expect(session.transcript.length).toBeLessThanOrEqual(200);
  });

  it('ignores sessions whose start it has not seen', () => {
    expect(fed(...events(turnAnswered(1, 700))).sessions.size).toBe(0);
  });

  it('takes the levels of live sessions only', () => {
    const readings = ['a3f9b2c1', '00000002', 'unknown'].map((sessionId) => ({
      sessionId,
      callerDbfs: -20,
      agentDbfs: -90,
      doing: 'listening' as const,
    }));
    const model = fed(...events(callStart(), callStart('00000002'), end('00000002')), {
      type: 'readings',
      readings,
    });
    expect(model.sessions.get('a3f9b2c1')!.levels).toEqual({ callerDbfs: -20, agentDbfs: -90 });
    expect(model.sessions.get('00000002')!.levels).toBeNull();
    expect(model.sessions.size).toBe(2);
  });

  it('is unchanged by readings that say nothing new', () => {
    const levels = (callerDbfs: number): DashboardInput => ({
      type: 'readings',
      readings: [{ sessionId: 'a3f9b2c1', callerDbfs, agentDbfs: -100, doing: 'listening' }],
    });
    const model = fed(...events(callStart()), levels(-20));
    expect(modelAfter(model, levels(-20.2))).toBe(model);
    expect(modelAfter(model, levels(-24))).not.toBe(model);
  });

  it('shows what a session waits for according to its readings, until an event changes that', () => {
    const reading = (doing: SessionActivity): DashboardInput => ({
      type: 'readings',
      readings: [{ sessionId: 'a3f9b2c1', callerDbfs: -100, agentDbfs: -100, doing }],
    });
    const text = (...inputs: DashboardInput[]): string =>
      stateText(fed(...events(callStart()), ...inputs).sessions.get('a3f9b2c1')!);
    expect(text(reading('waiting_for_final'))).toBe('wait stt');
    expect(text(reading('waiting_for_model'))).toBe('wait llm');
    expect(text(reading('waiting_for_voice'))).toBe('wait tts');
    expect(text(reading('held'))).toBe('held');
    expect(text(reading('speaking'))).toBe('listening');
    const audio = { sessionId: 'a3f9b2c1', turn: 1, atMs: 900, timeMs: 0, type: 'tts.audio_start' } as const;
    expect(text(reading('held'), { type: 'event', event: audio })).toBe('speaking');
  });

  it('selects the latest call until another is chosen', () => {
    const model = fed(
      ...events(callStart('00000001'), callStart('00000002'), callStart('00000003'), end('00000003')),
    );
    expect(selectedSession(model)!.id).toBe('00000002');
    const chosen = { ...model, ui: { ...model.ui, selectedSession: '00000003' } };
    expect(selectedSession(chosen)!.id).toBe('00000003');
  });

  it('shows the latest turn that has a figure', () => {
    const call = goldenCall('booking');
    const greeting = call.findIndex(({ type }) => type === 'turn.end');
    expect(selectedTurn(fed(...events(...call.slice(0, greeting + 1))))!.turn).toBe(0);
    expect(selectedTurn(fed(...events(...call)))!.turn).toBe(5);
  });

  it('removes a status a while after it was shown, but not that of an action in progress', () => {
    const said = (tone: 'good' | 'busy', ...more: DashboardInput[]): DashboardModel =>
      fed({ type: 'time', nowMs: 1000, wallMs: 0 }, { type: 'status', text: 'Calling.', tone }, ...more);
    const drawn: DashboardInput = { type: 'drawn' };
    const later: DashboardInput = { type: 'time', nowMs: 60_000, wallMs: 0 };
    expect(said('good', drawn, later).ui.status).toBeNull();
    expect(said('busy', drawn, later).ui.status).not.toBeNull();
    // The first frame of a slow machine comes late.
    expect(said('good', later).ui.status).not.toBeNull();
    expect(said('good', later, drawn, { ...later, nowMs: 66_000 }).ui.status).toBeNull();
  });
});
