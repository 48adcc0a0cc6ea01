import { describe, expect, it } from '@jest/globals';
import { scripted } from '../../../test/harness/supervised-recogniser.js';
import type { ScriptedSpeechToTextOptions } from '../../../test/harness/scripted-speech-to-text.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { supervisedSpeechToText } from './supervised-speech-to-text.js';

describe('the candidates of a supervised recogniser', () => {
  it('are warmed up, probed and closed together', async () => {
    const did: string[] = [];
    const note = (what: string) => (): Promise<void> => Promise.resolve(void did.push(what));
    const candidates = ['one', 'two'].map((name) => ({
      provider: Object.assign(scripted({ name }), {
        warmUp: note(`${name} warmed`),
        probe: note(`${name} probed`),
        close: note(`${name} closed`),
      }),
    }));
    const stt = supervisedSpeechToText({ candidates, clock: new VirtualClock() });
    await stt.warmUp();
    await stt.probe(new AbortController().signal);
    await stt.close();
    expect(did).toEqual(['warmed', 'probed', 'closed'].flatMap((what) => [`one ${what}`, `two ${what}`]));
  });
});

describe('the formats of a supervised recogniser', () => {
  const accepts = (...candidates: ScriptedSpeechToTextOptions['accepts'][]) =>
    supervisedSpeechToText({
      candidates: candidates.map((formats) => ({ provider: scripted(formats ? { accepts: formats } : {}) })),
      clock: new VirtualClock(),
    }).accepts;

  it('are all encodings of the candidates, at any rate', () => {
    expect(
      accepts(
        { encodings: ['mulaw', 'linear16'], sampleRatesHz: [16000, 8000, 24000] },
        { encodings: ['linear16'], sampleRatesHz: [8000, 16000] },
        { encodings: ['linear16'], sampleRatesHz: 'any' },
      ),
    ).toEqual({ encodings: ['mulaw', 'linear16'], sampleRatesHz: 'any' });
  });

  it('require a candidate', () => {
    expect(() => accepts()).toThrow(TypeError);
  });
});
