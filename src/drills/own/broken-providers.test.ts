import { describe, expect, it } from '@jest/globals';
import type { LanguageModel, LlmEvent } from '../../providers/language-model.js';
import type { SpeechToText, SttEvent } from '../../providers/speech-to-text.js';
import type { TextToSpeech, TtsEvent } from '../../providers/text-to-speech.js';
import { brokenLanguageModel } from './broken-language-model.js';
import { brokenSpeechToText } from './broken-speech-to-text.js';
import { brokenTextToSpeech } from './broken-text-to-speech.js';
import { FaultSwitch } from './fault-switch.js';
import type { OwnDrill } from './own-drill.js';
import { ownDrills } from './own-drills.js';

const drillNamed = (name: string): OwnDrill => ownDrills.find((drill) => drill.name === name)!;
const frame = { samples: new Int16Array(160), sampleRateHz: 8000 };
const format = { encoding: 'linear16', sampleRateHz: 8000 } as const;

/** The switch of a drill, armed, with the number of faults so far. */
function armed(name: string): { readonly faults: FaultSwitch; readonly struck: () => number } {
  let struck = 0;
  const drill = drillNamed(name);
  const faults = new FaultSwitch(drill.kind, drill, () => struck++);
  faults.arm();
  return { faults, struck: () => struck };
}

/** Lets what was queued happen. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a broken recogniser', () => {
  class Ear implements SpeechToText {
    readonly name = 'mine';
    readonly accepts = { encodings: ['linear16'], sampleRatesHz: 'any' } as const;
    written = 0;
    flushed = 0;
    closed = 0;
    onEvent: (event: SttEvent) => void = () => undefined;
    open({ onEvent }: Parameters<SpeechToText['open']>[0]) {
      this.onEvent = onEvent;
      return {
        write: () => {
          this.written++;
        },
        flush: () => {
          this.flushed++;
        },
        close: () => {
          this.closed++;
          return Promise.resolve();
        },
      };
    }
  }

  function open(name: string) {
    const ear = new Ear();
    const { faults, struck } = armed(name);
    const broken = brokenSpeechToText(ear, faults);
    const events: SttEvent[] = [];
    const again = () =>
      broken.open({
        format,
        signal: new AbortController().signal,
        onEvent: (event) => events.push(event),
      });
    return { ear, faults, struck, events, stream: again(), again };
  }

  it('is silent where it was asked for words and sent no result, not even an empty one', () => {
    const { ear, faults, stream } = open('llm-refuse');
    expect(faults.isSilent).toBe(false);
    stream.flush();
    expect(faults.isSilent).toBe(true);
    ear.onEvent({ type: 'final', text: '', endOfUtterance: true });
    expect(faults.isSilent).toBe(false);
  });

  it('fails at once, later streams go well, and a closed stream is counted once', async () => {
    const { ear, faults, events, stream, again } = open('stt-rate-limit');
    expect(events).toEqual([]);
    await settled();
    expect(events).toMatchObject([
      { type: 'error', error: { category: 'rate_limit', retryAfterMs: 1000, provider: 'mine', kind: 'stt' } },
    ]);
    const second = again();
    second.write(frame);
    ear.onEvent({ type: 'final', text: 'hello', endOfUtterance: true });
    expect(events.at(-1)).toMatchObject({ type: 'final', text: 'hello' });
    expect(faults.open).toBe(2);
    await Promise.all([stream.close(), stream.close(), second.close()]);
    expect(faults.open).toBe(0);
  });

  it('fails 400 ms into speech, however long the silence before it', async () => {
    const { struck, stream, events, ear } = open('stt-drop-mid-utterance');
    for (let i = 0; i < 100; i++) stream.write(frame);
    expect(struck()).toBe(0);
    stream.speechStarted?.();
    for (let i = 0; i < 19; i++) stream.write(frame);
    expect(struck()).toBe(0);
    stream.write(frame);
    stream.write(frame);
    await settled();
    expect(events).toMatchObject([{ type: 'error', error: { category: 'connection' } }]);
    expect({ struck: struck(), written: ear.written }).toEqual({ struck: 1, written: 120 });
  });

  it('fails in place of the answer to a flush', async () => {
    const { stream, events, ear } = open('stt-drop-after-flush');
    stream.flush();
    await settled();
    expect(ear.flushed).toBe(0);
    expect(events).toMatchObject([{ type: 'error' }]);
  });

  it('falls silent without an error', async () => {
    const { stream, events, ear, struck } = open('stt-stall');
    stream.speechStarted?.();
    for (let i = 0; i < 20; i++) stream.write(frame);
    ear.onEvent({ type: 'final', text: 'hello', endOfUtterance: true });
    await settled();
    expect(events).toEqual([]);
    expect(struck()).toBe(1);
  });
});

describe('a broken model', () => {
  const model: LanguageModel = {
    name: 'mine',
    async *generate() {
      yield await Promise.resolve({ type: 'token', text: 'Yes, ' } as const);
      yield { type: 'token', text: 'of course.' };
      yield { type: 'done', finishReason: 'stop', endCall: false };
    },
  };

  /** What one request gives, and how it ends. */
  async function ask(broken: LanguageModel, signal = new AbortController().signal): Promise<unknown[]> {
    const given: unknown[] = [];
    try {
      for await (const event of broken.generate({ messages: [], tools: [], signal }))
        given.push((event as LlmEvent & { text?: string }).text ?? event.type);
    } catch (thrown) {
      given.push((thrown as { category?: string }).category ?? 'aborted');
    }
    return given;
  }

  it('fails once, or every time', async () => {
    const once = brokenLanguageModel(model, armed('llm-refuse').faults);
    expect(await ask(once)).toEqual(['connection']);
    expect(await ask(once)).toEqual(['Yes, ', 'of course.', 'done']);
    const always = brokenLanguageModel(model, armed('llm-all-fail').faults);
    expect([await ask(always), await ask(always)]).toEqual([['connection'], ['connection']]);
  });

  it('fails after its first token', async () => {
    const { faults } = armed('llm-drop-mid-stream');
    expect(await ask(brokenLanguageModel(model, faults))).toEqual(['Yes, ', 'connection']);
    expect(faults.open).toBe(0);
  });

  it('that falls silent ends when the answer is given up', async () => {
    const { faults } = armed('llm-stall');
    const abort = new AbortController();
    const asked = ask(brokenLanguageModel(model, faults), abort.signal);
    await settled();
    abort.abort();
    expect(await asked).toEqual(['aborted']);
    expect(faults.open).toBe(0);
  });

  it('keeps its failure for the next request if one is called off before it', async () => {
    const { faults, struck } = armed('llm-drop-mid-stream');
    const abort = new AbortController();
    const broken = brokenLanguageModel(model, faults);
    const first = broken.generate({ messages: [], tools: [], signal: abort.signal })[Symbol.asyncIterator]();
    await first.next();
    abort.abort();
    await first.return?.();
    expect(struck()).toBe(0);
    expect(await ask(broken)).toEqual(['Yes, ', 'connection']);
  });
});

describe('a broken voice', () => {
  function open(name: string) {
    let onEvent: (event: TtsEvent) => void = () => undefined;
    const voice: TextToSpeech = {
      name: 'mine',
      produces: { encodings: ['linear16'], sampleRatesHz: 'any' },
      open: (options) => {
        ({ onEvent } = options);
        return { write: () => undefined, end: () => undefined, close: () => undefined };
      },
    };
    const { faults } = armed(name);
    const events: TtsEvent[] = [];
    const abort = new AbortController();
    const stream = brokenTextToSpeech(voice, faults).open({
      format,
      signal: abort.signal,
      onEvent: (event) => events.push(event),
    });
    return { faults, events, stream, abort, give: (event: TtsEvent) => onEvent(event) };
  }

  it('fails after its first audio', async () => {
    const { events, give } = open('tts-drop-mid-sentence');
    give({ type: 'audio', chunk: 0, frame });
    give({ type: 'audio', chunk: 0, frame });
    await settled();
    expect(events.map(({ type }) => type)).toEqual(['audio', 'error']);
  });

  it('falls silent after its first audio', async () => {
    const { events, give } = open('tts-stall');
    give({ type: 'audio', chunk: 0, frame });
    give({ type: 'done' });
    await settled();
    expect(events.map(({ type }) => type)).toEqual(['audio']);
  });

  it('is closed by the signal, too', () => {
    const { faults, abort, stream } = open('tts-stall');
    expect(faults.open).toBe(1);
    abort.abort();
    stream.close();
    expect(faults.open).toBe(0);
  });
});
