import { setImmediate as nextTick } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { ScriptedTextToSpeech, type SpeechScript } from '../testing/scripted-text-to-speech.js';
import { VirtualClock } from '../testing/virtual-clock.js';
import type { Transport } from '../transport/transport.js';
import { OutputPipeline, type OutputListener } from './output-pipeline.js';
import { RunningTools } from './running-tools.js';

const format = { encoding: 'linear16', sampleRateHz: 8000 } as const;

/** A line that plays whatever it is given. */
const transport: Transport = {
  type: 'twilio',
  call: { parameters: {} },
  inputFormat: format,
  outputFormat: format,
  queuedSamples: 0,
  start: () => undefined,
  play: () => undefined,
  watch: () => undefined,
  pause: () => Promise.resolve({ positionSamples: 0, origin: 'measured' }),
  resume: () => undefined,
  clear: () => Promise.resolve({ positionSamples: 0, origin: 'measured' }),
  close: () => Promise.resolve(),
};
const nothing = (): void => undefined;
const listener: OutputListener = {
  onModelStart: nothing,
  onFirstToken: nothing,
  onToken: nothing,
  onToolCall: nothing,
  onToolResult: nothing,
  onText: nothing,
  onSpeechStart: nothing,
  onAudioReady: nothing,
  onFinished: nothing,
  onError: nothing,
  onFiller: nothing,
  onIncident: nothing,
};

async function speak(
  text: string,
  words: SpeechScript['words'] = 'never',
): Promise<{ pipeline: OutputPipeline; said: readonly string[] }> {
  const clock = new VirtualClock();
  const tts = new ScriptedTextToSpeech({ name: 'scripted', clock, scripts: [{ words }] });
  const pipeline = new OutputPipeline({
    ...{ turn: 1, sessionId: 'a3f9b2c1', tts, format, transport, clock, listener },
    ...{ apology: '', lastResort: null, language: 'en', filler: '', fillerAfterMs: 0 },
    source: { from: 'user', text: text.match(/.{1,3}/gsu) ?? [] },
    tools: new RunningTools(),
    sessionSignal: new AbortController().signal,
  });
  pipeline.start();
  pipeline.release();
  for (let tick = 0; tick < 3; tick++) await nextTick();
  return { pipeline, said: tts.streams.flatMap(({ texts }) => texts) };
}

describe('an answer with markdown', () => {
  const answer =
    '## Opening hours\n\n---\n🎉\n- **Monday**: nine to six & by [arrangement](https://example.com/a).\n' +
    '- Else write to *me@example.com*, please.\n\n---\n👋';
  const whole = answer.replace(/\s+/g, ' ');

  it('is said without it, and without the lines that have nothing to say', async () => {
    expect((await speak(answer)).said).toEqual([
      'Opening hours',
      'Monday: nine to six and by arrangement.',
      'Else write to me at example dot com, please.',
    ]);
  });

  it.each(['never', 'before', 'behind'] as const)(
    'is heard as it is written, word by word, when the voice tells times %s',
    async (words) => {
      const { pipeline } = await speak(answer, words);
      let before = '';
      const heard = new Set<string>();
      for (let sample = 0; sample <= pipeline.endSamples; sample += 40) {
        const now = pipeline.heardText(sample);
        expect([whole.startsWith(now), now.startsWith(before)]).toEqual([true, true]);
        heard.add((before = now));
      }
      expect(before).toBe(whole);
      expect([...heard].slice(0, 5)).toEqual([
        '',
        '## Opening',
        '## Opening hours',
        '## Opening hours --- 🎉 - **Monday**:',
        '## Opening hours --- 🎉 - **Monday**: nine',
      ]);
      expect([...heard].filter((text) => text.endsWith('Else write to')).length).toBe(1);
    },
  );
});

it('an answer without anything to say opens no voice', async () => {
  const { pipeline, said } = await speak('🎉 ---\n');
  expect([said, pipeline.spoken.text, pipeline.endSamples]).toEqual([[], '', 0]);
});
