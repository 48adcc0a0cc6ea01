import { describe, expect, it } from '@jest/globals';
import type { SessionEvent } from '../../events/session-event.js';
import { UsageLedger } from '../../metrics/usage-ledger.js';
import { CallCost } from './call-cost.js';

const ledger = new UsageLedger([
  {
    stt: { deepgram: { perMinute: 0.006 } },
    llm: { openai: { inputPerMillion: 1, outputPerMillion: 10 } },
  },
]);

function turnEnd(): SessionEvent {
  return { type: 'turn.end', usage: ledger.take() } as unknown as SessionEvent;
}

function used(): void {
  ledger.add({ kind: 'stt', provider: 'deepgram', model: 'nova-3', seconds: 10 }, false);
  ledger.add(
    {
      kind: 'llm',
      provider: 'openai',
      inputTokens: 500,
      cachedInputTokens: 200,
      outputTokens: 50,
      estimated: true,
    },
    false,
  );
  ledger.add({ kind: 'tts', provider: 'acme', characters: 80, seconds: 4 }, true);
}

describe('the cost of a call', () => {
  it('is shown by vendor, with what was wasted, and with what has no price', () => {
    const cost = new CallCost(null);
    used();
    cost.take(turnEnd());
    used();
    cost.take(turnEnd());
    expect(cost.lines()).toEqual([
      'Cost: about $0.00400; no price is known of acme',
      '  stt deepgram/nova-3: 20.0 s, $0.00200',
      '  llm openai: 2 requests, 2 of them estimated, 1000 tokens in (400 cached), 100 out, $0.00200',
      '  tts acme: 160 characters, 8.0 s, no price, for early answers that were dropped',
    ]);
    expect(cost.exceeded.signal.aborted).toBe(false);
    expect([cost.problem, cost.warning]).toEqual([null, null]);
  });

  it('stops beyond the budget, and says so', () => {
    const cost = new CallCost(0.003);
    used();
    cost.take(turnEnd());
    expect(cost.exceeded.signal.aborted).toBe(false);
    used();
    cost.take(turnEnd());
    expect(cost.exceeded.signal.aborted).toBe(true);
    expect(cost.problem).toBe(
      'the cost so far, $0.00400, exceeds the budget of $0.00300: raise --budget, or play fewer recordings.',
    );
    expect(cost.warning).toContain('acme');
  });

  it('has no lines for a relay that reports no usage', () => {
    const cost = new CallCost(1);
    cost.take({ type: 'turn.end' } as unknown as SessionEvent);
    expect(cost.lines()).toEqual([]);
  });
});
