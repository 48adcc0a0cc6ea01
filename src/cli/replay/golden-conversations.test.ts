import { readFile } from 'node:fs/promises';
import { afterAll, expect, it } from '@jest/globals';
import { compareRuns, parseEventLog } from '../../replay/golden.js';
import { fixturesFor } from '../../../test/harness/recordings.js';
import { drawn, isThorough } from '../../../test/harness/thorough.js';
import { TestVoices, VirtualRelay } from '../../drills/virtual-call.js';
import type { TransportType } from '../../transport/transport.js';
import { appointmentDeskSession } from '../appointment-desk-session.js';

interface Conversation {
  readonly name: string;
  readonly recordings: readonly string[];
  readonly bargeInMs?: number;
}

const folder = new URL('../../../fixtures/golden/', import.meta.url);
const read = (name: string): Promise<string> => readFile(new URL(name, folder), 'utf8');
const conversations = JSON.parse(await read('conversations.json')) as Conversation[];
const voices = new TestVoices();

afterAll(() => voices.close());

const transports: readonly TransportType[] = ['twilio', 'webrtc'];
/**
 * Every conversation over both transports; or some, over one in turn: the first is the longest, and one like it is held in
 * default-conversation.test.ts.
 */
const cases = (isThorough ? conversations : drawn(conversations.slice(1), 2)).flatMap((conversation, index) =>
  (isThorough ? transports : [transports[index % 2]!]).map(
    (via) => [conversation.name, via, conversation] as const,
  ),
);

it.each(cases)(
  'the conversation %s goes over %s as its golden log has it',
  async (name, via, { recordings, bargeInMs = null }) => {
    const { stt, tts, ...session } = appointmentDeskSession;
    expect([stt, tts]).toEqual([{ provider: 'local' }, { provider: 'local' }]);
    const relay = await VirtualRelay.start(voices, session);
    const call = relay.call({
      via,
      recordings: await fixturesFor(via, ...recordings),
      behaviour: { bargeInMs },
    });
    const { events } = await relay.run(call);
    await relay.close();
    const { diff } = compareRuns(parseEventLog(await read(`${name}.ndjson`), name), events);
    expect(diff.filter(({ side }) => side !== 'both')).toEqual([]);
    expect(relay.clock.pendingTimers).toBe(0);
  },
);
