import { afterAll, describe, expect, it } from '@jest/globals';
import { fixturesFor } from '../../test/harness/recordings.js';
import { drawn, isThorough } from '../../test/harness/thorough.js';
import { simulatorsOf } from '../simulators/vendor-simulators.js';
import { drills } from './drills.js';
import type { DrillResult } from './drill-verdict.js';
import { runDrills } from './run-drills.js';
import { defaultVendors } from './vendors.js';
import { TestVoices } from './virtual-call.js';

const voices = new TestVoices();
afterAll(() => voices.close());

/** The usual vendors have a test of their own; `npm run soak` has every drill with every vendor, both ways to call. */
const others = (['stt', 'llm', 'tts'] as const).flatMap((kind) =>
  simulatorsOf(kind)
    .map(({ name }) => ({ kind, name }))
    .filter(({ name }) => name !== defaultVendors[kind]),
);

describe('a call with another vendor, which fails', () => {
  it.each(others.map((vendor, index) => ({ ...vendor, index })))(
    'goes on and tells what was used: $kind $name',
    async ({ kind, name, index }) => {
      const via = index % 2 === 0 ? 'twilio' : 'webrtc';
      const ofKind = drills.filter((drill) => drill.kind === kind);
      const chosen = isThorough ? ofKind : drawn(ofKind, 1);
      const results: DrillResult[] = [];
      for await (const result of runDrills({
        drills: chosen,
        recordings: new Map([[via, await fixturesFor(via, 'book-my-appointment')]]),
        vendors: { ...defaultVendors, [kind]: name },
        mannersSeed: index + 1,
        voices,
      }))
        results.push(result);
      expect(results.map(({ drill, problems }) => [drill, problems])).toEqual(
        chosen.map((drill) => [drill.name, []]),
      );
    },
    180_000,
  );
});
