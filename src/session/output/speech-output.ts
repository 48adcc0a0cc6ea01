import type { AudioFormat, AudioFrame } from '../../audio/audio-frame.js';
import { ProviderError, providerErrorOf } from '../../core/errors.js';
import type { OnIncident } from '../../events/provider-incident.js';
import type { TextToSpeech, TextToSpeechStream, TtsEvent } from '../../providers/text-to-speech.js';
import { SpeakableText } from '../../speech-text/speakable-text.js';
import { SpokenText } from '../../speech-text/spoken-text.js';
import { endsLine } from '../../speech-text/text-boundaries.js';
import { shortened } from '../../speech-text/text-characters.js';
import { silenceDbfs, VoiceLevel } from '../input/voice-level.js';
import type { OutputListener } from './output-listener.js';
import type { Outlet } from './playout.js';
import { shifted } from './shifted-event.js';
import { UntilCommit } from './until-commit.js';

export interface SpeechOutputOptions {
  readonly tts: TextToSpeech;
  readonly format: AudioFormat;
  readonly transport: Outlet;
  /** Spoken by `fallbackVoice` if the voice fails. */
  readonly apology: string;
  readonly fallbackVoice: TextToSpeech | null;
  /** Language of the text, for example `en`. */
  readonly language: string;
  /** Whether the turn is not committed yet: then the voice gets only the first piece of the text. */
  readonly isEarly: boolean;
  /** Aborts the turn; nothing is reported afterwards. */
  readonly signal: AbortSignal;
  /** The voice has produced this much more audio. */
  readonly onVoiced: (durationMs: number) => void;
  /** The gate has opened; audio plays from now on. */
  readonly onReleased: () => void;
  readonly listener: Pick<
    OutputListener,
    'onSpeechStart' | 'onAudioReady' | 'onError' | 'onIncident' | 'onUsage'
  >;
  /** Everything was handed to the transport; also called when there was nothing to play. */
  readonly onFinished: (end: { readonly played: boolean; readonly failed: boolean }) => void;
}

/** Code of a voice's warning about words that it cannot pronounce. */
const unsayable = 'unsayable_text';

/**
 * The speech half of a turn: sends chunks of text to the voice, and holds its audio behind the gate until the turn is
 * released. Maps the text to positions in the transport's playout.
 */
export class SpeechOutput {
  readonly #options: SpeechOutputOptions;
  #spoken: SpokenText;
  #level: VoiceLevel;
  /** Frames that wait for the release. */
  #gate: AudioFrame[] = [];
  #stream: TextToSpeechStream | null = null;
  /** Whether the next chunk begins a line. */
  #startsLine = true;
  #warnedUnsayable = false;
  #failed = false;
  #reported = false;
  #speechDone = false;
  #apologising = false;
  /** Number of chunks sent to speech synthesis, over all its streams. */
  #chunks = 0;
  /** Chunks and audio (in milliseconds) of the earlier streams. */
  #chunksBefore = 0;
  #msBefore = 0;
  /** Index of the answer's first chunk after a filler; null without a filler. */
  #answerChunk: number | null = null;
  /** Position in the turn's audio at which the answer after a filler begins; null until its audio arrives. */
  #answerSamples: number | null = null;
  /** Position in the transport's playout at which this turn's audio begins. */
  #baseSamples = 0;
  #released = false;
  readonly #untilCommit: UntilCommit;
  #givenCharacters = 0;

  constructor(options: SpeechOutputOptions) {
    this.#options = options;
    this.#untilCommit = new UntilCommit(options.isEarly);
    this.#spoken = new SpokenText(options.format.sampleRateHz);
    this.#level = new VoiceLevel(options.format.sampleRateHz);
  }

  /** The text and the positions of its words in the audio. */
  get spoken(): SpokenText {
    return this.#spoken;
  }

  /** The heard text after the turn was played to its end. */
  get playedText(): string {
    return this.#failed || this.#chunksBefore > 0 ? this.heardText(this.endSamples) : this.#spoken.text;
  }

  /** Whether part of the turn could not be spoken. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Whether the gate has been opened. */
  get released(): boolean {
    return this.#released;
  }

  /** Position in the transport's playout at which the turn's audio begins; valid after the release. */
  get baseSamples(): number {
    return this.#baseSamples;
  }

  /** Whether all audio was handed to the transport. */
  get finished(): boolean {
    return this.#speechDone && this.#released;
  }

  /** Position in the transport's playout at which the answer after a filler begins; null if not known. */
  get answerSamples(): number | null {
    return this.#answerSamples === null ? null : this.#baseSamples + this.#answerSamples;
  }

  /** Position in the transport's playout at which the turn's audio so far ends. */
  get endSamples(): number {
    return this.#baseSamples + this.spoken.samples;
  }

  /** Whether the voice was given text. */
  get hasBegun(): boolean {
    return this.#stream !== null;
  }

  /** How many characters the voice was given. */
  get givenCharacters(): number {
    return this.#givenCharacters;
  }

  /** The turn is committed: the voice gets the rest of the text. */
  commit(): void {
    this.#untilCommit.commit();
  }

  /** Opens the gate: plays the waiting audio now, and later audio as it arrives. */
  release(): void {
    if (this.#released || this.#isAborted()) return;
    const frames = this.#gate;
    this.#gate = [];
    this.#released = true;
    const { transport } = this.#options;
    this.#baseSamples = transport.queuedSamples;
    for (const [index, frame] of frames.entries()) {
      transport.play(frame);
      // Watch after the first frame: in an empty queue this position would count as heard at once.
      if (index === 0) transport.watch(this.#baseSamples);
    }
    if (this.answerSamples !== null) transport.watch(this.answerSamples);
    this.#options.onReleased();
    this.#finishIfDone();
  }

  /** Closes the stream and drops waiting audio. The signal is already aborted. */
  close(): void {
    this.#stream?.close();
    this.#gate = [];
  }

  /** Sends the next chunk to the voice. */
  speak(chunk: string): void {
    if (this.#waits(() => this.speak(chunk))) return;
    if (this.#speechDone || this.#apologising) return;
    const text = new SpeakableText(chunk, this.#options.language, this.#startsLine);
    this.#startsLine = endsLine(chunk);
    if (text.spoken === '') return this.spoken.addSilentText(chunk);
    try {
      const stream = this.#stream ?? this.#openStream();
      this.#chunks++;
      this.spoken.addText(text);
      this.#givenCharacters += text.spoken.length;
      stream.write(text.spoken);
    } catch (thrown) {
      this.#speechFailed(providerErrorOf(thrown, 'tts', this.#options.tts.name));
    }
  }

  /** The text so far is a filler: the answer begins with the next chunk. */
  beginAnswer(): void {
    if (this.#waits(() => this.beginAnswer())) return;
    this.#answerChunk = this.#chunks;
  }

  /** The next chunk begins a line. */
  beginLine(): void {
    if (this.#waits(() => this.beginLine())) return;
    this.#startsLine = true;
  }

  /** Marks the turn as failed, even if the voice succeeds. */
  noteFailure(): void {
    this.#failed = true;
  }

  /** No more text follows. */
  end(): void {
    if (this.#waits(() => this.end())) return;
    if (this.#apologising) return;
    if (this.#stream) this.#endStream(this.#stream);
    else this.#finish(false);
  }

  /** Drops the text and audio that was not released yet. */
  takeBack(): void {
    this.#untilCommit.forget();
    this.#startsLine = true;
    this.#stream?.close();
    this.#stream = null;
    if (this.#released) {
      // The transport already has this audio.
      this.spoken.breakOff();
      this.#chunksBefore = this.#chunks;
      this.#msBefore = (this.spoken.samples / this.#options.format.sampleRateHz) * 1000;
      return;
    }
    const { sampleRateHz } = this.#options.format;
    this.#gate = [];
    this.#spoken = new SpokenText(sampleRateHz);
    this.#level = new VoiceLevel(sampleRateHz);
    this.#chunks = 0;
    this.#answerChunk = null;
    this.#answerSamples = null;
  }

  /** The heard text at a position of the transport's playout. */
  heardText(positionSamples: number): string {
    return this.#released ? this.spoken.heardText(positionSamples - this.#baseSamples) : '';
  }

  /** Whether {@link heardText} is measured, or estimated from the pace of the voice. */
  heardOrigin(positionSamples: number): 'measured' | 'estimated' {
    return this.#released ? this.spoken.heardOrigin(positionSamples - this.#baseSamples) : 'measured';
  }

  /** The level at a position of the transport's playout, in dBFS. */
  levelAt(positionSamples: number): number {
    return this.#released ? this.#level.at(positionSamples - this.#baseSamples) : silenceDbfs;
  }

  /** Position to resume from after a pause at `positionSamples`: the beginning of the cut word. */
  resumePosition(positionSamples: number): number {
    const own = positionSamples - this.#baseSamples;
    return own <= 0 ? positionSamples : this.#baseSamples + this.spoken.wordStart(own);
  }

  /** Whether the call waits for the commit of the turn: then it is made there. */
  #waits(call: () => void): boolean {
    return this.#chunks > 0 && this.#untilCommit.defers(call);
  }

  /** A method, because TypeScript would narrow a property to false. */
  #isAborted(): boolean {
    return this.#options.signal.aborted;
  }

  #endStream(stream: TextToSpeechStream): void {
    try {
      stream.end();
    } catch (thrown) {
      this.#speechFailed(providerErrorOf(thrown, 'tts', this.#options.tts.name));
    }
  }

  readonly #onIncident: OnIncident = (incident) => {
    if (incident.type === 'warning' && incident.code === unsayable) this.#warnedUnsayable = true;
    this.#options.listener.onIncident(incident);
  };

  /** Warns if the voice got text and gave no audio: the caller heard silence instead. */
  #checkSound(): void {
    const { chunks, samples } = this.spoken.lastVoice();
    if (samples > 0 || chunks === '' || this.#warnedUnsayable) return;
    const { tts, fallbackVoice } = this.#options;
    const voice = this.#apologising ? fallbackVoice?.name : tts.name;
    const message = `The voice ${voice ?? ''} gave no audio for "${shortened(chunks)}": check that it speaks the language.`;
    this.#options.listener.onIncident({ type: 'warning', code: 'no_audio', message });
  }

  #openStream(): TextToSpeechStream {
    const { tts, format, listener } = this.#options;
    const chunksBefore = this.#chunksBefore;
    const msBefore = this.#msBefore;
    let opened: TextToSpeechStream | null = null;
    const stream = tts.open({
      format,
      signal: this.#options.signal,
      onEvent: (event) => {
        // Ignore late events of a dropped stream: their chunks are no longer in the text.
        if (this.#apologising || (opened && this.#stream !== opened)) return;
        this.#onSpeech(chunksBefore === 0 ? event : shifted(event, chunksBefore, msBefore));
      },
      onIncident: this.#onIncident,
      onUsage: (usage) => this.#options.listener.onUsage(usage),
    });
    this.#stream = opened = stream;
    listener.onSpeechStart();
    return stream;
  }

  #onSpeech(event: TtsEvent): void {
    if (this.#isAborted() || this.#speechDone) return;
    switch (event.type) {
      case 'audio':
        return this.#takeAudio(event.chunk, event.frame);
      case 'alignment':
        return this.spoken.setWords(event.chunk, event.words, event.origin);
      case 'chunk_done':
        return this.spoken.completeChunk(event.chunk);
      case 'done':
        this.#speechDone = true;
        this.#checkSound();
        return this.#finishIfDone();
      case 'error':
        return this.#speechFailed(event.error);
    }
  }

  /** Keeps the audio so far. The fallback voice, if there is one, speaks the apology instead of the rest. */
  #speechFailed(error: ProviderError): void {
    this.#failed = true;
    this.#stream?.close();
    this.spoken.breakOff();
    this.#options.listener.onError(error);
    if (this.#untilCommit.isWaiting || this.#apologise()) return;
    this.#speechDone = true;
    this.#finishIfDone();
  }

  #apologise(): boolean {
    const { fallbackVoice, apology, transport } = this.#options;
    if (!fallbackVoice || apology === '' || this.#apologising) return false;
    this.#apologising = true;
    const { spoken } = this;
    const chunksBefore = this.#chunks;
    const msBefore = (spoken.samples / transport.outputFormat.sampleRateHz) * 1000;
    this.#stream = fallbackVoice.open({
      format: transport.outputFormat,
      signal: this.#options.signal,
      onEvent: (event) => this.#onSpeech(shifted(event, chunksBefore, msBefore)),
      onIncident: this.#onIncident,
      onUsage: (usage) => this.#options.listener.onUsage(usage),
    });
    this.#chunks++;
    const text = new SpeakableText(` ${apology}`, this.#options.language);
    spoken.addText(text);
    this.#stream.write(text.spoken);
    this.#stream.end();
    return true;
  }

  #takeAudio(chunk: number, frame: AudioFrame): void {
    if (frame.samples.length === 0) return;
    const { format, tts } = this.#options;
    if (frame.sampleRateHz !== format.sampleRateHz) {
      const problem = `The voice gave audio at ${frame.sampleRateHz} Hz, but ${format.sampleRateHz} Hz was asked for.`;
      return this.#speechFailed(
        new ProviderError(problem, { kind: 'tts', provider: tts.name, category: 'internal' }),
      );
    }
    const first = this.spoken.samples === 0;
    const startsAnswer =
      this.#answerChunk !== null && chunk >= this.#answerChunk && this.#answerSamples === null;
    if (startsAnswer) this.#answerSamples = this.spoken.samples;
    this.spoken.addAudio(chunk, frame.samples.length);
    this.#level.add(frame.samples);
    this.#options.onVoiced((frame.samples.length / frame.sampleRateHz) * 1000);
    if (this.#released) {
      const { transport } = this.#options;
      transport.play(frame);
      // The gate was already open: the audio that opened it was dropped unheard.
      if (first) transport.watch(this.#baseSamples);
      if (startsAnswer && this.answerSamples !== null) transport.watch(this.answerSamples);
      return;
    }
    this.#gate.push(frame);
    if (first) this.#options.listener.onAudioReady();
  }

  #finishIfDone(): void {
    if (!this.#speechDone) return;
    if (this.spoken.samples === 0) return this.#finish(false);
    if (!this.#released) return;
    this.#options.transport.watch(this.endSamples);
    this.#finish(true);
  }

  #finish(played: boolean): void {
    if (this.#reported) return;
    this.#reported = true;
    this.#options.onFinished({ played, failed: this.#failed });
  }
}
