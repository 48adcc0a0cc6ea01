/** Answers of a supervised voice, in virtual time. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AudioFormat } from '#src/audio/audio-frame.js';
import type { ProviderIncident } from '#src/events/provider-incident.js';
import type { Supervision } from '#src/fallback/policy/supervision.js';
import {
  supervisedTextToSpeech,
  type SupervisedTextToSpeech,
} from '#src/fallback/tts/supervised-text-to-speech.js';
import type { TextToSpeechStream, TtsEvent } from '#src/providers/text-to-speech.js';
import { VirtualClock } from '#src/simulators/virtual-clock.js';
import {
  ScriptedTextToSpeech,
  soundOf,
  type ScriptedVoiceOptions,
  type SpeechScript,
} from './scripted-text-to-speech.js';
import { inShort } from './told-incidents.js';

/** One sample is one millisecond. */
const format: AudioFormat = { encoding: 'linear16', sampleRateHz: 1000 };
export const texts = ['w0 w1, w2.', 'w3 w4 w5?', 'w6.'];

/** One answer of a supervised voice. */
export class Answer {
  readonly events: TtsEvent[] = [];
  readonly incidents: ProviderIncident[] = [];
  readonly abort = new AbortController();
  readonly stream: TextToSpeechStream;
  readonly #clock: VirtualClock;

  constructor(voice: SupervisedTextToSpeech, clock: VirtualClock, asked = format) {
    this.#clock = clock;
    this.stream = voice.open({
      format: asked,
      signal: this.abort.signal,
      onEvent: (event) => this.events.push(event),
      onIncident: (incident) => this.incidents.push(incident),
    });
  }

  /** Writes it all and lets time pass until the end, good or bad. */
  async speak(chunks: readonly string[] = texts): Promise<this> {
    for (const text of chunks) this.stream.write(text);
    this.stream.end();
    while (!this.isOver) await this.pass(10);
    return this;
  }

  /** Lets time pass, and everything happen that it brings. */
  async pass(ms: number): Promise<void> {
    await nextTurn();
    for (let passedMs = 0; passedMs < ms; passedMs += 10) {
      this.#clock.advance(Math.min(10, ms - passedMs));
      await nextTurn();
    }
  }

  get isOver(): boolean {
    const last = this.events.at(-1)?.type;
    return last === 'done' || last === 'error';
  }

  /** The sounds that were heard, in order: which, and how long in samples. */
  get heard(): readonly (readonly [sound: number, samples: number])[] {
    const heard: [number, number][] = [];
    for (const { frame } of this.of('audio')) {
      for (const sample of frame.samples) {
        const last = heard.at(-1);
        if (sample < 0) heard.push([-sample, 1]);
        else if (sample > 0 && last) last[1]++;
      }
    }
    return heard;
  }

  get told(): readonly string[] {
    return inShort(this.incidents);
  }

  of<T extends TtsEvent['type']>(type: T): readonly Extract<TtsEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<TtsEvent, { type: T }> => event.type === type);
  }
}

export interface Case {
  readonly clock: VirtualClock;
  readonly voice: SupervisedTextToSpeech;
  readonly candidates: readonly ScriptedTextToSpeech[];
  readonly answer: (asked?: AudioFormat) => Answer;
}

/** A supervised voice over voices that follow scripts; the first has the `slaMs`. */
export function voices(
  scripts: Readonly<Record<string, readonly SpeechScript[]>>,
  supervision: Partial<Supervision> = {},
  { slaMs, ...options }: Partial<ScriptedVoiceOptions> & { readonly slaMs?: number } = {},
): Case {
  const clock = new VirtualClock();
  const candidates = Object.entries(scripts).map(
    ([name, script]) => new ScriptedTextToSpeech({ name, clock, scripts: script, ...options }),
  );
  const voice = supervisedTextToSpeech({
    candidates: candidates.map((provider, index) => ({ provider, ...(index === 0 && { slaMs }) })),
    clock,
    supervision,
    random: () => 0.5,
  });
  return { clock, voice, candidates, answer: (asked) => new Answer(voice, clock, asked) };
}

/** Every word once, as long as it is. */
export function wholeWords(
  chunks: readonly string[],
  msPerCharacter = 10,
): readonly (readonly [number, number])[] {
  return chunks.flatMap((text) =>
    [...text.matchAll(/\S+/g)].map(([word]) => [soundOf(word), word.length * msPerCharacter] as const),
  );
}
