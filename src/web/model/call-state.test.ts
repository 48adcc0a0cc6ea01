import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { callStateText, callStep, idle, inCall, type CallInput, type CallState } from './call-state.js';

const busy = { kind: 'relay_busy' } as const;
const connect: CallInput = { type: 'connect' };
const settled: CallInput = { type: 'microphone_settled' };
const connected: CallInput = { type: 'connected' };
const lost: CallInput = { type: 'lost', resumable: false };
const lostAwhile: CallInput = { type: 'lost', resumable: true };
const failed: CallInput = { type: 'failed', failure: busy };
const retryDue: CallInput = { type: 'retry_due' };

/** The state after these inputs and every effect on the way. */
function run(...inputs: CallInput[]): { state: CallState; effects: string[] } {
  let state = idle;
  const effects: string[] = [];
  for (const input of inputs) {
    const step = callStep(state, input);
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects };
}

describe('a call of the page', () => {
  it('asks for the microphone, connects and is live', () => {
    expect(run(connect, settled, connected)).toEqual({
      state: { phase: 'live', automatic: false },
      effects: ['ask', 'connect'],
    });
  });

  it('hangs up once when the visitor leaves', () => {
    const leave: CallInput = { type: 'disconnect' };
    expect(run(connect, settled, connected, leave, leave)).toEqual({
      state: idle,
      effects: ['ask', 'connect', 'hang_up'],
    });
  });

  it('ends with the session, and says why', () => {
    const { state } = run(connect, settled, connected, { type: 'session_ended', reason: 'completed' });
    expect(callStateText(state)).toBe('Call ended: the agent said goodbye');
  });

  it('calls again by itself when the connection breaks', () => {
    const { state, effects } = run(connect, settled, connected, lost, retryDue, settled, connected);
    expect(state).toEqual({ phase: 'live', automatic: true });
    expect(effects).toEqual(['ask', 'connect', 'hang_up', 'await_retry', 'ask', 'connect']);
  });

  it('calls again by itself only once', () => {
    const { state } = run(connect, settled, connected, lost, retryDue, settled, connected, lost);
    expect(state).toEqual({ phase: 'failed', failure: { kind: 'connection_lost' } });
  });

  it('goes on over another connection when its own breaks, however often that takes', () => {
    const { state, effects } = run(
      connect,
      settled,
      connected,
      lostAwhile,
      failed,
      retryDue,
      lost,
      retryDue,
      connected,
    );
    expect(state).toEqual({ phase: 'live', automatic: false });
    expect(effects).toEqual(['ask', 'connect', 'resume', 'await_retry', 'resume', 'await_retry', 'resume']);
    expect(callStateText(run(connect, settled, connected, lostAwhile).state)).toBe(
      'Connection lost: reconnecting',
    );
  });

  it('begins anew if the relay no longer has the call, once, and says so', () => {
    const over: CallInput = { type: 'call_over' };
    const { state, effects } = run(connect, settled, connected, lostAwhile, over, settled, connected);
    expect(effects).toEqual(['ask', 'connect', 'resume', 'hang_up', 'ask', 'connect']);
    expect(callStateText(state)).toBe('Live: a new call, since the one before was lost');
    expect(callStep(callStep(state, lostAwhile).state, over).state).toMatchObject({ phase: 'failed' });
  });

  it('fails if it could not go on in time', () => {
    const failure = { kind: 'connection_lost' } as const;
    const { state, effects } = run(
      connect,
      settled,
      connected,
      lostAwhile,
      { type: 'gave_up', failure },
      retryDue,
    );
    expect(state).toEqual({ phase: 'failed', failure });
    expect(effects.at(-1)).toBe('hang_up');
  });

  it('does not call again if the visitor has hung up meanwhile', () => {
    expect(run(connect, settled, connected, lost, { type: 'disconnect' }, retryDue).state).toBe(idle);
  });

  it('does not call again after the session has ended', () => {
    const ended: CallInput = { type: 'session_ended', reason: 'hangup' };
    expect(run(connect, settled, connected, ended, lost).state).toEqual({ phase: 'ended', reason: 'hangup' });
  });

  it('can be tried again after a failure', () => {
    const { state, effects } = run(connect, settled, { type: 'failed', failure: busy }, connect);
    expect(state.phase).toBe('asking');
    expect(effects).toEqual(['ask', 'connect', 'hang_up', 'ask']);
  });

  it('is not begun twice', () => {
    expect(run(connect, connect, settled, connect).effects).toEqual(['ask', 'connect']);
  });

  it('hangs up exactly as often as it was begun, for any sequence of inputs', () => {
    const input = fc.constantFrom<CallInput>(
      connect,
      settled,
      connected,
      lost,
      lostAwhile,
      retryDue,
      { type: 'call_over' },
      { type: 'gave_up', failure: busy },
      { type: 'disconnect' },
      failed,
      { type: 'session_ended', reason: 'ended' },
    );
    fc.assert(
      fc.property(fc.array(input, { maxLength: 60 }), (inputs) => {
        let state = idle;
        let open = false;
        for (const each of inputs) {
          const step = callStep(state, each);
          state = step.state;
          for (const effect of step.effects) {
            if (effect === 'ask') {
              expect(open).toBe(false);
              open = true;
            } else if (effect === 'hang_up') open = false;
          }
          expect(callStateText(state)).not.toBe('');
        }
        expect(open).toBe(inCall(state) && state.phase !== 'lost');
      }),
    );
  });
});
