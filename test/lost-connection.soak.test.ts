/** Two hundred lost connections leave nothing behind. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { webRtcUse } from '#src/transport/webrtc/native-webrtc.js';
import { callCutAt } from './harness/cut-calls.js';
import { PhoneConversations } from './harness/phone-conversations.js';
import { ofType } from './harness/session-events.js';

const calls = new PhoneConversations();
/** Breaks of one conversation, fewer than a session allows. */
const moments = Array.from({ length: 9 }, (_, index) => 1000 * (index + 1));

beforeAll(() => calls.warmUp());
afterAll(() => calls.close());

it.each(['twilio', 'webrtc'] as const)(
  'leave no timer, session, socket or memory over %s',
  async (via) => {
    const heaps: number[] = [];
    let breaks = 0;
    for (let call = 0; call < 23; call++) {
      const cut = await callCutAt(calls, via, moments);
      breaks += ofType(cut.events, 'session.reconnected').length;
      expect(cut.events.at(-1)).toMatchObject({ reason: 'hangup' });
      // Checks sessions and timers.
      await calls.end();
      expect(webRtcUse()).toEqual({ leases: 0, nativeObjects: 0 });
      globalThis.gc?.();
      heaps.push(process.memoryUsage().heapUsed / 1e6);
    }
    expect(breaks).toBeGreaterThanOrEqual(200);
    process.stdout.write(
      `${via}: ${breaks} breaks, heap in MB ${heaps.map((heap) => heap.toFixed(1)).join(' ')}\n`,
    );
  },
  600_000,
);
