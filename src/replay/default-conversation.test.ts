import { afterAll, expect, it } from '@jest/globals';
import { drawn } from '../../test/harness/thorough.js';
import { TestVoices, VirtualRelay } from '../drills/virtual-call.js';
import { defaultConversation, speakConversation } from './default-conversation.js';
import { callerRatesHz } from './replay-call.js';

const voices = new TestVoices();
afterAll(() => voices.close());

it.each(drawn(['twilio', 'webrtc'] as const, 1))(
  'is understood over %s, and ends with a farewell',
  async (via) => {
    const relay = await VirtualRelay.start(voices, {
      llm: { provider: 'local' },
      agent: { systemPrompt: '', greeting: 'Hello.' },
    });
    const recordings = await speakConversation(callerRatesHz[via]);
    const { events, turns } = await relay.run(relay.call({ via, recordings }));
    await relay.close();
    const heard = events.flatMap((event) => (event.type === 'transcript.final' ? [event.text] : []));
    expect(heard).toEqual(defaultConversation.map((text) => text.toLowerCase().replace(/[.,]/g, '')));
    expect(turns.every(({ said, answered }) => said && answered)).toBe(true);
    expect(events.at(-1)).toMatchObject({ type: 'session.end', reason: 'completed' });
  },
);
