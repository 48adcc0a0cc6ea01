/** The recordings in fixtures/, heard by the provider that users get: speech exact, everything else empty. Some of each kind. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { drawn } from '../../../../test/harness/thorough.js';
import { readWav } from '../../../audio/wav.js';
import { localSpeechToText } from './local-speech-to-text.js';

interface Fixture {
  readonly file: string;
  readonly sampleRateHz: number;
  readonly kind: 'utterance' | 'backchannel' | 'pause' | 'noisy' | 'out-of-grammar' | 'noise' | 'silence';
  readonly text: string;
  /** Of a pause: what is said before and after it. */
  readonly segments?: readonly [string, string];
  readonly pauseMs?: number;
}

const folder = new URL('../../../../fixtures/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('manifest.json', folder), 'utf8')) as readonly Fixture[];
const ofKind = (...kinds: readonly Fixture['kind'][]): Fixture[] =>
  manifest.filter(({ kind, file }) => kinds.includes(kind) && !file.includes('/voices/'));

const stt = localSpeechToText({ workers: 1 });
beforeAll(() => stt.warmUp(), 60_000);
afterAll(() => stt.close());

/** The final for audio that is written as a call would write it: speech starts, 20 ms frames, a flush. */
function recognise(samples: Int16Array, sampleRateHz: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const stream = stt.open({
      format: { encoding: 'linear16', sampleRateHz },
      signal: new AbortController().signal,
      onEvent: (event) => {
        if (event.type === 'partial' || event.type === 'heard') return;
        void stream.close();
        if (event.type === 'final') resolve(event.text);
        else reject(event.error);
      },
    });
    stream.speechStarted?.();
    const frameSamples = sampleRateHz / 50;
    for (let at = 0; at < samples.length; at += frameSamples) {
      stream.write({ samples: samples.subarray(at, at + frameSamples), sampleRateHz });
    }
    stream.flush();
  });
}

function load({ file }: Fixture): ReturnType<typeof readWav> {
  return readWav(readFileSync(new URL(file, folder)));
}

async function hear(fixture: Fixture): Promise<string> {
  const { samples, sampleRateHz } = load(fixture);
  return recognise(samples, sampleRateHz);
}

const voices = ['slt', 'rms', 'awb', 'kal', 'kal16'];
const cases = (fixtures: readonly Fixture[]): [string, Fixture][] =>
  fixtures.map((fixture) => [fixture.file.replace('audio/', ''), fixture]);

describe('the local recogniser', () => {
  const names = [...new Set(manifest.flatMap(({ file }) => /\/voices\/\w+\/(.+)$/.exec(file)?.[1] ?? []))];

  it.each(drawn(names, 1))('hears every word of %s in at least four of five voices', async (name) => {
    const spoken = manifest.filter(({ file }) =>
      voices.some((voice) => file === `audio/voices/${voice}/${name}`),
    );
    expect(spoken).toHaveLength(voices.length);
    const heard = await Promise.all(spoken.map(hear));
    const wrong = heard.filter((text, index) => text !== spoken[index]?.text);
    expect(wrong.length > 1 ? wrong : []).toEqual([]);
  });

  // The narrowband ones are among the five voices above.
  it.each(drawn(cases(ofKind('utterance').filter(({ sampleRateHz }) => sampleRateHz === 16_000)), 1))(
    'hears every word of %s',
    async (_, fixture) => {
      expect(await hear(fixture)).toBe(fixture.text);
    },
  );

  const wordless = (['noise', 'silence', 'out-of-grammar'] as const).flatMap((kind) =>
    drawn(ofKind(kind), 1),
  );
  it.each(cases(wordless))('hears no words in %s', async (_, fixture) => {
    expect(await hear(fixture)).toBe('');
  });

  it('hears speech over noise exactly or not at all, and most of it exactly', async () => {
    const noisy = ofKind('noisy');
    const heard = await Promise.all(noisy.map(hear));
    const exact = heard.filter((text, index) => text === noisy[index]?.text);
    expect(heard.filter((text) => text !== '' && !exact.includes(text))).toEqual([]);
    expect(exact.length).toBeGreaterThan(noisy.length / 2);
  });

  // A backchannel that is heard as nothing has the same effect: the agent speaks on. It must not become other words.
  it.each(drawn(cases(ofKind('backchannel')), 1))(
    'takes %s for what it is, or for nothing',
    async (_, fixture) => {
      expect([fixture.text, '']).toContain(await hear(fixture));
    },
  );

  it.each(drawn(cases(ofKind('pause')), 1))(
    'hears both halves of %s, each on its own, and the whole',
    async (_, fixture) => {
      const { samples, sampleRateHz } = load(fixture);
      const middle = middleOfPause(samples, ((fixture.pauseMs ?? 0) * sampleRateHz) / 1000);
      const halves = [samples.subarray(0, middle), samples.subarray(middle)];
      expect(await Promise.all(halves.map((half) => recognise(half, sampleRateHz)))).toEqual(
        fixture.segments,
      );
      expect(await hear(fixture)).toBe(fixture.text);
    },
  );
});

/** The middle of the first run of zeros of that length that lies between sounds. */
function middleOfPause(samples: Int16Array, pauseSamples: number): number {
  let run = 0;
  for (let at = samples.findIndex((sample) => sample !== 0); at < samples.length; at++) {
    run = samples[at] === 0 ? run + 1 : 0;
    if (run >= pauseSamples) return at - Math.floor(pauseSamples / 2);
  }
  throw new Error('The recording has no such pause.');
}
