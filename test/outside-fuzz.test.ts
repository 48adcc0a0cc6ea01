import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { SessionEvent } from '#src/events/session-event.js';
import { SpeakableText } from '#src/speech-text/speakable-text.js';
import { SentenceSplitter } from '#src/speech-text/sentence-splitter.js';
import { offerConnection } from '#src/transport/webrtc/offering-peer.js';
import { readOffer } from '#src/transport/webrtc/offer.js';
import { parsePageMessage } from '#src/transport/webrtc/page-messages.js';
import { HostileInputs } from './harness/hostile-inputs.js';
import { earFor } from './harness/ear-for.js';
import {
  postHostileForm,
  postHostileOffer,
  streamHostileMedia,
  type AttackedRelay,
} from './harness/outside-attack.js';
import { fixtures } from './harness/recordings.js';
import { isThorough, runs } from './harness/thorough.js';
import { standInVoice } from '#src/drills/stand-in-voice.js';
import { TestVoices, VirtualRelay } from '#src/drills/virtual-call.js';
import { systemClock } from '#src/core/clock.js';

// Hundreds of requests and thousands of messages over real sockets.
jest.setTimeout(120_000);

const authToken = 'the account’s token';
const voices = new TestVoices();
let relay: VirtualRelay | null = null;
let properOffer = '';

beforeAll(async () => {
  const { offer, connection } = await offerConnection({ clock: systemClock, bindAddress: '127.0.0.1' });
  properOffer = offer;
  connection.close();
});
afterEach(async () => {
  await relay?.close();
  expect(relay?.clock.pendingTimers ?? 0).toBe(0);
  relay = null;
});
afterAll(() => voices.close());

/** A neighbour's call during an attack: its words, its latency, its warnings. */
async function neighbour(attack: (at: AttackedRelay) => Promise<unknown>): Promise<unknown> {
  const said = ['book-my-appointment', 'reschedule-for-friday'];
  relay = await VirtualRelay.start(
    voices,
    {
      agent: {
        systemPrompt: 'You run an appointment desk.',
        greeting: 'Hello.',
        apologyVoice: standInVoice,
      },
      stt: earFor(...said),
      tts: standInVoice,
    },
    { twilioAuthToken: authToken },
  );
  const { clock } = relay;
  const recordings = await fixtures(...said);
  const call = relay.call({ recordings, authToken });
  const attacked = attack({ url: relay.relay.url, clock, authToken });
  const [{ events }] = await relay.run(Promise.all([call, attacked]));
  const turns = events.filter((event): event is SessionEvent<'turn.end'> => event.type === 'turn.end');
  return {
    said: events.flatMap((event) => (event.type === 'transcript.final' ? [event.text] : [])),
    mouthToEarMs: turns.map(({ latency }) => latency.mouth_to_ear_ms),
    parts: turns.map(({ latency }) => latency.parts),
    warnings: events.filter(({ type }) => type === 'warning' || type === 'error'),
  };
}

describe('attacks from outside move no other call’s mouth→ear', () => {
  let quiet: unknown;
  beforeAll(async () => {
    quiet = await neighbour(() => Promise.resolve());
    await relay?.close();
  });

  const attacks: readonly (readonly [string, (at: AttackedRelay) => Promise<void>])[] = [
    [
      'webhooks',
      async (at) => {
        const inputs = new HostileInputs(1);
        const statuses = new Set<number>();
        for (let i = 0; i < runs(300); i++) statuses.add(await postHostileForm(at, inputs));
        expect([...statuses].filter((status) => status >= 500)).toEqual([]);
        expect([...statuses]).toEqual(expect.arrayContaining([200, 403, 404]));
      },
    ],
    [
      'media streams',
      async (at) => {
        const inputs = new HostileInputs(2);
        for (let i = 0; i < (isThorough ? 30 : 6); i++) await streamHostileMedia(at, inputs, 60);
      },
    ],
    [
      'offers',
      async (at) => {
        const inputs = new HostileInputs(3);
        for (let i = 0; i < runs(60); i++) {
          const status = await postHostileOffer(at, inputs, properOffer);
          expect([200, 201, 400, 413, 415, 503]).toContain(status);
        }
      },
    ],
  ];

  it.each(attacks)('%s', async (_what, attack) => {
    expect(await neighbour(attack)).toEqual(quiet);
  });
});

describe('input from outsiders', () => {
  it('is read or refused, and never throws', () => {
    const inputs = new HostileInputs(4);
    let read = 0;
    const count = runs(2000);
    for (let i = 0; i < count; i++) {
      if (readOffer(inputs.offer(properOffer)).ok) read++;
      if (parsePageMessage(inputs.pageMessage())) read++;
    }
    expect(read).toBeGreaterThan(0);
    expect(read).toBeLessThan(2 * count);
  });

  it('is split into sentences and spoken, or left out, when a model writes it', () => {
    const inputs = new HostileInputs(5);
    for (let i = 0; i < runs(60); i++) {
      // Short texts: the splitter's own tests cover the cost of long ones.
      const tokens = inputs.tokens().map((token) => token.slice(0, 200));
      const splitter = new SentenceSplitter();
      const pieces = [...tokens.flatMap((token) => splitter.push(token)), ...splitter.flush()];
      for (const piece of pieces) expect(typeof new SpeakableText(piece).spoken).toBe('string');
    }
  });
});
