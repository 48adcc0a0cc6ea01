/** Whole calls with vendors' known answer shapes; `npm run soak -- --only shapes` runs all of them. */
import { afterAll, expect, it } from '@jest/globals';
import { elevenLabsTimings, type ElevenLabsManners } from '#src/simulators/elevenlabs/elevenlabs-manners.js';
import type { TransportType } from '#src/transport/transport.js';
import { vendorTurns, type VendorTurnsOptions } from './harness/vendor-turns.js';
import { drawn, isThorough } from './harness/thorough.js';
import { TestVoices } from '#src/drills/virtual-call.js';

/** A different shape for each answer, until all were used. */
function everyTiming(): ElevenLabsManners {
  let answer = 0;
  return {
    get timing() {
      return elevenLabsTimings[answer++ % elevenLabsTimings.length] ?? 'piece';
    },
  };
}

const voices = new TestVoices();
afterAll(() => voices.close());

async function expectGood(options: Omit<VendorTurnsOptions, 'voices'>): Promise<void> {
  const { heard, expected, ...rest } = await vendorTurns({ voices, ...options });
  expect(heard).toBe(expected);
  expect(rest).toEqual({ turns: options.turns, troubles: [], problems: [] });
}

it.each<[TransportType, string, number, ElevenLabsManners | 'random']>([
  ['twilio', 'every shape of word times', elevenLabsTimings.length, everyTiming()],
  ['webrtc', 'random manners', isThorough ? 8 : 4, 'random'],
])(
  'a call over %s is answered in every turn, every word once, with %s',
  (via, _name, turns, manners) => expectGood({ via, turns, elevenlabs: { manners, seed: 3 } }),
  120_000,
);

const cadences = (['quiet', 'final_only'] as const).flatMap((cadence) =>
  (['twilio', 'webrtc'] as const).map((via) => ({ cadence, via })),
);

// Without a greeting, the recogniser's first input is a second of speech.
it.each(drawn(cadences, 1))(
  'a call over $via needs no second connection for its first words with a recogniser that is $cadence',
  ({ cadence, via }) => expectGood({ via, turns: 1, deepgram: { manners: { cadence } } }),
);
