/**
 * The output path: (turn) ─▶ language model ─▶ sentence splitter ─▶ text-to-speech ─▶ transport.
 *
 * One instance lives for one agent turn, under one AbortSignal. Audio waits behind a gate until turn taking releases
 * it, so an answer is dropped unheard if the caller goes on.
 */
import type { AudioFormat } from '../../audio/audio-frame.js';
import type { TextToSpeech } from '../../providers/text-to-speech.js';
import { AnswerGenerator, type AnswerGeneratorOptions } from './answer-generator.js';
import type { Outlet } from './playout.js';
import { SpeechOutput } from './speech-output.js';

export interface OutputPipelineOptions extends Omit<
  AnswerGeneratorOptions,
  'signal' | 'speech' | 'committed' | 'joinsPieces'
> {
  /**
   * Whether the caller's turn is not committed yet. Until {@link OutputPipeline.commit} no tool runs, and the voice gets
   * only the first piece of the text.
   */
  readonly isEarly: boolean;
  readonly tts: TextToSpeech;
  readonly format: AudioFormat;
  readonly transport: Outlet;
  /** Speaks the apology if the voice fails. */
  readonly fallbackVoice: TextToSpeech | null;
}

export class OutputPipeline {
  readonly turn: number;
  /** The spoken text and its position in the transport's playout. */
  readonly speech: SpeechOutput;
  readonly #answer: AnswerGenerator;
  readonly #abort = new AbortController();
  #commit = (): void => undefined;

  constructor(options: OutputPipelineOptions) {
    const { signal } = this.#abort;
    const { listener } = options;
    this.turn = options.turn;
    this.speech = new SpeechOutput({
      ...options,
      signal,
      onVoiced: (durationMs) => this.#answer.voiced(durationMs),
      onReleased: () => this.#answer.released(),
      onFinished: (end) => listener.onFinished({ ...end, endsCall: this.#answer.endsCall }),
    });
    const { joinsPieces = false } = options.tts;
    const committed = options.isEarly ? new Promise<void>((resolve) => (this.#commit = resolve)) : null;
    this.#answer = new AnswerGenerator({ ...options, signal, speech: this.speech, committed, joinsPieces });
  }

  /** The caller's turn is committed: the output may do everything. */
  commit(): void {
    this.#commit();
    this.speech.commit();
  }

  /** Starts the turn. Returns at once; results go to the listener. */
  start(): void {
    void this.#answer.run();
  }

  /** Aborts the turn; nothing is reported afterwards. Running tools run to their end. Idempotent. */
  abort(): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    this.#answer.stop();
    this.speech.close();
  }
}
