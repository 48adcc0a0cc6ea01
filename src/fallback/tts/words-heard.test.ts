import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { SpeechScript } from '../../../test/harness/scripted-text-to-speech.js';
import { voices, wholeWords } from '../../../test/harness/supervised-voice.js';

describe('what is heard of a supervised voice, whenever its candidates fail', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });
  const chunks = lengths.map((counts) => {
    let word = 0;
    return counts.map((count) => Array.from({ length: count }, () => `w${word++}`).join(' '));
  });
  const failures = fc.array(
    fc.record({
      samples: fc.nat(1500),
      then: fc.constantFrom('fails' as const, 'hangs' as const),
      words: fc.constantFrom('before' as const, 'at failure' as const),
    }),
    { maxLength: 4 },
  );

  it('is every word in order; none is lost, and at most those are doubled that were cut', async () => {
    await fc.assert(
      fc.asyncProperty(chunks, failures, async (said, scripts) => {
        await check(said, scripts, 10);
      }),
    );
  });

  it('is the same without word times, if the voice has the usual pace', async () => {
    const untimed = failures.map((scripts) =>
      scripts.map((script) => ({ ...script, words: 'never' as const })),
    );
    await fc.assert(
      fc.asyncProperty(chunks, untimed, async (said, scripts) => {
        await check(said, scripts, 66);
      }),
    );
  });

  async function check(
    said: readonly string[],
    scripts: readonly SpeechScript[],
    msPerCharacter: number,
  ): Promise<void> {
    const { answer, clock } = voices(
      { one: [...scripts, { words: 'behind' }], two: [{ words: 'behind' }] },
      { attempts: 10 },
      { msPerCharacter },
    );
    const spoken = await answer().speak(said);
    expect(spoken.events.at(-1)).toEqual({ type: 'done' });
    expect(spoken.of('chunk_done').map(({ chunk }) => chunk)).toEqual(said.map((_, index) => index));
    const whole = wholeWords(said, msPerCharacter);
    const { heard } = spoken;
    const cut = heard.filter(
      ([sound, samples]) => samples < (whole.find(([other]) => other === sound)?.[1] ?? 0),
    );
    expect(heard.filter((word) => !cut.includes(word))).toEqual(whole);
    expect(cut.length).toBeLessThanOrEqual(scripts.length);
    const sounds = heard.map(([sound]) => sound);
    expect(sounds).toEqual([...sounds].sort((a, b) => a - b));
    const audioMs = spoken.of('audio').reduce((sum, { frame }) => sum + frame.samples.length, 0);
    for (const [index, text] of said.entries()) {
      const words = spoken.of('alignment').findLast(({ chunk }) => chunk === index)?.words;
      if (!words) continue;
      expect(words.map((word) => word.text)).toEqual(text.split(' '));
      expect(words.at(-1)?.endMs).toBeLessThanOrEqual(audioMs + 1);
      const starts = words.map(({ startMs }) => startMs);
      expect(starts).toEqual([...starts].sort((a, b) => a - b));
    }
    expect(clock.pendingTimers).toBe(0);
  }
});
