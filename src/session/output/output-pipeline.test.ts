import { setImmediate as nextTick } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { format, listener, transport } from '../../../test/harness/output-line.js';
import { ScriptedTextToSpeech, type SpeechScript } from '../../../test/harness/scripted-text-to-speech.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { OutputPipeline } from './output-pipeline.js';
import { RunningTools } from './running-tools.js';

async function speak(
  text: string,
  words: SpeechScript['words'] = 'never',
): Promise<{ pipeline: OutputPipeline; said: readonly string[] }> {
  const clock = new VirtualClock();
  const tts = new ScriptedTextToSpeech({ name: 'scripted', clock, scripts: [{ words }] });
  const pipeline = new OutputPipeline({
    ...{ turn: 1, sessionId: 'a3f9b2c1', tts, format, transport, clock, listener },
    ...{ apology: '', fallbackVoice: null, language: 'en', filler: '', fillerAfterMs: 0 },
    source: { from: 'user', text: text.match(/.{1,3}/gsu) ?? [] },
    isEarly: false,
    tools: new RunningTools(),
    sessionSignal: new AbortController().signal,
  });
  pipeline.start();
  pipeline.speech.release();
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
      for (let sample = 0; sample <= pipeline.speech.endSamples; sample += 40) {
        const now = pipeline.speech.heardText(sample);
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

describe('an answer that is cut within a line', () => {
  it.each([
    [
      'It will be cold out tonight, - 5 degrees, > 65 cm of snow.',
      ['It will be cold out tonight,', 'minus 5 degrees, over 65 cm of snow.'],
    ],
    [
      'Children under 12 all pay less, > 65 too.\n- 5 rooms\n> 5 km<br>- item',
      ['Children under 12 all pay less,', 'over 65 too.', '5 rooms', 'over 5 km', 'item'],
    ],
  ])('keeps its signs there, and its marks where lines begin: %j', async (written, chunks) => {
    const { pipeline, said } = await speak(written, 'behind');
    expect(said).toEqual(chunks);
    expect(pipeline.speech.heardText(pipeline.speech.endSamples)).toBe(written.replace(/\s+/g, ' '));
  });
});

describe('text that gives no audio', () => {
  async function warningsOf(text: string, script: SpeechScript): Promise<string[]> {
    const clock = new VirtualClock();
    const warnings: string[] = [];
    const pipeline = new OutputPipeline({
      ...{ turn: 1, sessionId: 'a3f9b2c1', format, transport, clock },
      tts: new ScriptedTextToSpeech({ name: 'scripted', clock, scripts: [script] }),
      ...{ apology: 'Sorry.', language: 'en', filler: '', fillerAfterMs: 0 },
      fallbackVoice: new ScriptedTextToSpeech({ name: 'mute', clock, msPerCharacter: 0 }),
      source: { from: 'user', text: [text] },
      isEarly: false,
      tools: new RunningTools(),
      sessionSignal: new AbortController().signal,
      listener: {
        ...listener,
        onIncident: (incident) => {
          if (incident.type === 'warning') warnings.push(`${incident.code}: ${incident.message}`);
        },
      },
    });
    pipeline.start();
    pipeline.speech.release();
    for (let tick = 0; tick < 3; tick++) await nextTick();
    return warnings;
  }

  it('is named in a warning, also where it is the apology of another voice', async () => {
    expect(await warningsOf('Guten Tag.', { samples: 0, then: 'is done' })).toEqual([
      'no_audio: The voice scripted gave no audio for "Guten Tag.": check that it speaks the language.',
    ]);
    expect(await warningsOf('Guten Tag.', { samples: 100, then: 'fails' })).toEqual([
      'no_audio: The voice mute gave no audio for "Sorry.": check that it speaks the language.',
    ]);
  });

  it('is none where there is nothing to say, or all was said', async () => {
    expect(await warningsOf('🎉', {})).toEqual([]);
    expect(await warningsOf('Guten Tag.', {})).toEqual([]);
  });
});

it('an answer without anything to say opens no voice', async () => {
  const { pipeline, said } = await speak('🎉 ---\n');
  expect([said, pipeline.speech.spoken.text, pipeline.speech.endSamples]).toEqual([[], '', 0]);
});
