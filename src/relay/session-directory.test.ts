import { describe, expect, it } from '@jest/globals';
import { summarise } from '../metrics/percentile.js';
import type { SessionTrace } from '../session/trace/session-trace.js';
import type { SessionState } from '../session/turn-taking/session-state.js';
import { noUsage } from '../metrics/usage-ledger.js';
import { InMemorySessionDirectory, type SessionSnapshot } from './session-directory.js';

function snapshot(sessionId: string, state: SessionState = 'listening'): SessionSnapshot {
  return {
    sessionId,
    callId: null,
    from: null,
    to: null,
    metrics: {
      sessionId,
      transport: 'twilio',
      state,
      activity: 'listening',
      ageMs: 1,
      turns: [],
      usage: noUsage,
      speculation: { begun: 0, adopted: 0, wastedTokens: 0, wastedCharacters: 0 },
      mouthToEar: summarise([]),
      media: null,
      inboundAudio: null,
      warnings: {},
    },
  };
}

const ids = async (directory: InMemorySessionDirectory): Promise<string[]> =>
  (await directory.list()).map(({ sessionId }) => sessionId);

describe('the session directory', () => {
  it('gives back what it was given, and null for a session it does not know', async () => {
    const directory = new InMemorySessionDirectory();
    await directory.put(snapshot('a'));
    expect(await directory.get('a')).toEqual(snapshot('a'));
    expect(await directory.get('b')).toBeNull();
  });

  it('lists the latest session first; news of an old one does not make it late', async () => {
    const directory = new InMemorySessionDirectory();
    for (const id of ['a', 'b', 'c']) await directory.put(snapshot(id));
    await directory.put(snapshot('a', 'ended'));
    expect(await ids(directory)).toEqual(['c', 'b', 'a']);
    expect((await directory.get('a'))?.metrics.state).toBe('ended');
  });

  it('forgets the oldest when it is full', async () => {
    const directory = new InMemorySessionDirectory(2);
    for (const id of ['a', 'b', 'b', 'c']) await directory.put(snapshot(id));
    expect(await ids(directory)).toEqual(['c', 'b']);
    expect(await directory.get('a')).toBeNull();
  });

  it('keeps the traces of the latest fifty sessions', async () => {
    const directory = new InMemorySessionDirectory();
    const trace = (sessionId: string): SessionTrace => ({ sessionId, droppedSteps: 0, steps: [] });
    for (let session = 0; session <= 50; session++) await directory.putTrace(trace(String(session)));
    expect(await directory.trace('0')).toBeNull();
    expect(await directory.trace('1')).toEqual(trace('1'));
    expect(await directory.trace('50')).toEqual(trace('50'));
  });
});
