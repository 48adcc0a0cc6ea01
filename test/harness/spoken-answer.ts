import type { AudioFormat } from '#src/audio/audio-frame.js';
import type { ProviderError } from '#src/core/errors.js';
import type { ProviderIncident } from '#src/events/provider-incident.js';
import type { TtsUsage } from '#src/metrics/provider-usage.js';
import type { TextToSpeech, TextToSpeechStream, TtsEvent } from '#src/providers/text-to-speech.js';

export const phoneFormat: AudioFormat = { encoding: 'mulaw', sampleRateHz: 8000 };
export const webFormat: AudioFormat = { encoding: 'linear16', sampleRateHz: 24_000 };
export const sentences = ['Sure, I can book that.', 'What day works for you?'];

/** One answer that a voice speaks; keeps what it gives. */
export class SpokenAnswer {
  readonly events: TtsEvent[] = [];
  readonly incidents: ProviderIncident[] = [];
  readonly usage: TtsUsage[] = [];
  readonly abort = new AbortController();
  readonly stream: TextToSpeechStream;
  #waiting: { readonly type: TtsEvent['type']; readonly resolve: () => void }[] = [];

  constructor(tts: TextToSpeech, format = phoneFormat) {
    this.stream = tts.open({
      format,
      signal: this.abort.signal,
      onEvent: (event) => this.#take(event),
      onIncident: (incident) => this.incidents.push(incident),
      onUsage: (usage) => this.usage.push(usage),
    });
  }

  /** Writes all texts and waits until the answer is done or has failed. */
  async speak(texts: readonly string[]): Promise<this> {
    for (const text of texts) this.stream.write(text);
    this.stream.end();
    await Promise.race([this.first('done'), this.first('error')]);
    return this;
  }

  first(type: TtsEvent['type']): Promise<void> {
    if (this.events.some((event) => event.type === type)) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ type, resolve }));
  }

  get error(): ProviderError | null {
    const last = this.events.at(-1);
    return last?.type === 'error' ? last.error : null;
  }

  get bytes(): Buffer {
    return Buffer.concat(
      this.events.flatMap((event) =>
        event.type === 'audio' ? [event.frame.encoded?.bytes ?? Buffer.alloc(0)] : [],
      ),
    );
  }

  #take(event: TtsEvent): void {
    this.events.push(event);
    for (const { type, resolve } of this.#waiting) if (type === event.type) resolve();
  }
}
