import { setImmediate as nextTick } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { delay } from '../../core/clock.js';
import type { LanguageModel } from '../../providers/language-model.js';
import type { TextToSpeech } from '../../providers/text-to-speech.js';
import { format, listener, transport } from '../../../test/harness/output-line.js';
import { ScriptedTextToSpeech } from '../../../test/harness/scripted-text-to-speech.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { ConversationHistory } from '../conversation-history.js';
import { OutputPipeline } from './output-pipeline.js';
import { RunningTools } from './running-tools.js';

describe('an answer that comes slowly', () => {
  interface Run {
    readonly pipeline: OutputPipeline;
    readonly clock: VirtualClock;
    /** What went to the voice, and when. */
    readonly said: readonly { readonly text: string; readonly atMs: number }[];
    readonly warnings: readonly string[];
    /** Moves the clock, letting what happens at each moment happen. */
    pass(ms: number): Promise<void>;
  }

  /** An answer of these pieces, each so long after the one before it, as [ms, text]. */
  function answer(pieces: readonly (readonly [number, string])[], msPerCharacter = 60): Run {
    const clock = new VirtualClock();
    const said: { text: string; atMs: number }[] = [];
    const warnings: string[] = [];
    const voice = new ScriptedTextToSpeech({ name: 'scripted', clock, msPerCharacter });
    const tts: TextToSpeech = {
      name: voice.name,
      produces: voice.produces,
      open(options) {
        const stream = voice.open(options);
        return {
          write(text) {
            said.push({ text, atMs: clock.nowMs() });
            stream.write(text);
          },
          end: () => stream.end(),
          close: () => stream.close(),
        };
      },
    };
    const model: LanguageModel = {
      name: 'slow one',
      async *generate({ signal }) {
        for (const [afterMs, text] of pieces) {
          await delay(clock, afterMs, signal);
          yield { type: 'token', text };
        }
        yield { type: 'done', finishReason: 'stop' };
      },
    };
    const pipeline = new OutputPipeline({
      ...{ turn: 1, sessionId: 'a3f9b2c1', tts, format, transport, clock },
      ...{ apology: '', fallbackVoice: null, language: 'en', filler: '', fillerAfterMs: 0 },
      source: { from: 'model', model, history: new ConversationHistory(null), tools: {}, assumed: null },
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
    const pass = async (ms: number): Promise<void> => {
      for (let passed = 0; passed < ms; passed += 50) {
        await nextTick();
        clock.advance(50);
      }
      await nextTick();
    };
    return { pipeline, clock, said, warnings, pass };
  }

  const words = 'We have an opening on every day of the week but not on any Sunday in May';
  const each = (text: string, everyMs: number): [number, string][] =>
    (text.match(/\s*\S+/g) ?? []).map((word) => [everyMs, word]);

  it('without punctuation is said after a second or so, word by word, and one warning names the model', async () => {
    const run = answer(each(words, 1100));
    run.pipeline.speech.release();
    await run.pass(21_000);
    expect(run.said[0]).toEqual({ text: 'We', atMs: 2200 });
    const waits = run.said.map(({ atMs }, index) => atMs - (run.said[index - 1]?.atMs ?? 1100));
    expect(Math.max(...waits)).toBeLessThanOrEqual(2200);
    expect(run.said.map(({ text }) => text).join(' ')).toBe(words);
    expect(run.warnings.length).toBe(1);
    expect(run.warnings[0]).toMatch(/^slow_text: The model slow one /);
    expect(run.pipeline.speech.heardText(run.pipeline.speech.endSamples)).toBe(words);
    expect(run.clock.pendingTimers).toBe(0);
  });

  it('in a script without spaces is said too', async () => {
    const run = answer(Array.from('我们星期一上午有空也可以安排星期二').map((text) => [600, text]));
    run.pipeline.speech.release();
    await run.pass(2500);
    expect(run.said[0]?.text).toMatch(/^我们/);
    run.pipeline.abort();
    expect(run.clock.pendingTimers).toBe(0);
  });

  it('is said to the end of its last sentence where the model takes its time to end', async () => {
    const run = answer([
      [100, 'Fine.'],
      [5000, ' '],
    ]);
    run.pipeline.speech.release();
    await run.pass(1200);
    expect(run.said).toEqual([{ text: 'Fine.', atMs: 1100 }]);
    run.pipeline.abort();
  });

  it.each([
    ['Great! ', 'Great!', 100],
    ['Is that so? ', 'Is that so?', 100],
    ['Great.\n\n', 'Great.', 100],
    ['One moment. ', 'One moment.', 250],
    ['He said "Fine." ', 'He said "Fine."', 250],
  ])(
    'does not keep the sentence %j for the pause behind it, nor warns of that',
    async (token, text, atMs) => {
      const run = answer([
        [100, token],
        [1900, 'We are open.'],
      ]);
      run.pipeline.speech.release();
      await run.pass(3500);
      expect(run.said).toEqual([
        { text, atMs },
        { text: 'We are open.', atMs: 2000 },
      ]);
      expect(run.warnings).toEqual([]);
    },
  );

  it.each(['On Dec. ', 'At 9 a.m. ', 'Ask Dr. ', 'Open\n3. ', 'Ask J. '])(
    'is not cut early behind %j, where the sentence may go on',
    async (token) => {
      const run = answer([
        [100, token],
        [800, 'Smith'],
      ]);
      run.pipeline.speech.release();
      await run.pass(850);
      expect(run.said.map(({ text }) => text)).toEqual(token.startsWith('Open') ? ['Open'] : []);
      run.pipeline.abort();
    },
  );

  it('is said as it would be without a clock where the model is fast enough', async () => {
    const text = `${words}. Or would you rather come at some other time of the day? ${words}, I am sorry to say.`;
    const quick = answer([[0, text]]);
    const steady = answer(each(text, 50));
    for (const run of [quick, steady]) {
      run.pipeline.speech.release();
      await run.pass(8000);
    }
    expect(steady.said.map(({ text: chunk }) => chunk)).toEqual(quick.said.map(({ text: chunk }) => chunk));
    expect(steady.warnings).toEqual([]);
  });

  it('is said early, without a warning, where the model is faster than the voice', async () => {
    const run = answer(each(words, 100));
    run.pipeline.speech.release();
    await run.pass(5000);
    expect(run.said[0]!.atMs).toBeLessThanOrEqual(1200);
    expect(run.said.length).toBe(2);
    expect(run.warnings).toEqual([]);
  });

  it('in its middle is not cut before the voice has run dry', async () => {
    const start = 'We have a great number of openings this week. ';
    const run = answer([[100, start], ...each(words, 700)]);
    run.pipeline.speech.release();
    await run.pass(12_500);
    const [first, second] = run.said;
    const dryMs = 250 + start.trim().length * 60;
    expect(first).toEqual({ text: start.trim(), atMs: 250 });
    expect(second!.atMs).toBeGreaterThanOrEqual(dryMs - 400);
    expect(second!.atMs).toBeLessThanOrEqual(dryMs + 700);
    expect(second!.text).toMatch(/^We have an/);
    expect(run.warnings.length).toBe(1);
  });

  it('is not cut while what was said of it waits for its release', async () => {
    const run = answer([[100, 'We have a great number of openings. '], ...each(words, 500)]);
    await run.pass(5000);
    expect(run.said.length).toBe(1);
    run.pipeline.speech.release();
    await run.pass(3000);
    expect(run.said.length).toBeGreaterThan(1);
    run.pipeline.abort();
    expect(run.clock.pendingTimers).toBe(0);
  });
});
