/**
 * The way out: (turn) ─▶ language model ─▶ sentence splitter ─▶ text-to-speech ─▶ transport.
 *
 * One instance lives for one agent turn, under one AbortSignal. Audio that is ready waits behind a gate until turn taking
 * releases it, so an answer that the caller talks past is dropped unheard.
 */
import type { AudioFormat, AudioFrame } from '../audio/audio-frame.js';
import type { Clock, Timer } from '../clock.js';
import { ProviderError, messageOf, type ProviderKind } from '../errors.js';
import type { OnIncident } from '../events/provider-incident.js';
import type { LanguageModel, ToolCall } from '../llm/language-model.js';
import type { Transport } from '../transport/transport.js';
import type { TextToSpeech, TextToSpeechStream, TtsEvent } from '../tts/text-to-speech.js';
import { runTool, toolDefinitions, type AgentTools } from './agent-tools.js';
import type { ConversationHistory } from './conversation-history.js';
import type { RunningTools } from './running-tools.js';
import { SentenceSplitter } from './sentence-splitter.js';
import { SpeakableText } from './speakable-text.js';
import { SpokenText } from './spoken-text.js';
import { silenceDbfs, VoiceLevel } from './voice-level.js';

/** Where a turn's text comes from: the agent's model, or text that the user gave. */
export type TextSource =
  | {
      readonly from: 'model';
      readonly model: LanguageModel;
      readonly history: ConversationHistory;
      readonly tools: AgentTools;
    }
  | { readonly from: 'user'; readonly text: AsyncIterable<string> | Iterable<string> };

/** Steps of a turn's output, as they happen. */
export interface OutputListener {
  onModelStart(): void;
  onFirstToken(): void;
  onToken(text: string): void;
  onToolCall(call: ToolCall): void;
  onToolResult(call: ToolCall, result: string, failed: boolean, durationMs: number): void;
  /** The whole text is known. */
  onText(text: string): void;
  /** The first speakable text went to speech synthesis. */
  onSpeechStart(): void;
  /** The first audible audio is there, behind the gate. */
  onAudioReady(): void;
  /** Everything was handed to the transport; also called when there was nothing to play. */
  onFinished(end: { readonly played: boolean; readonly failed: boolean; readonly endsCall: boolean }): void;
  onError(error: ProviderError): void;
  /** A tool keeps the caller waiting: the filler went to speech synthesis. */
  onFiller(): void;
  /** What a provider's supervisor does about a failure. */
  onIncident: OnIncident;
}

export interface OutputPipelineOptions {
  readonly turn: number;
  readonly sessionId: string;
  readonly source: TextSource;
  readonly tts: TextToSpeech;
  readonly format: AudioFormat;
  readonly transport: Transport;
  readonly clock: Clock;
  /** Spoken instead where the model fails, and by `lastResort` where the voice does. */
  readonly apology: string;
  readonly lastResort: TextToSpeech | null;
  /** Of what is said, for example `en`. */
  readonly language: string;
  /** Spoken when a tool keeps the caller waiting in silence; empty for nothing. */
  readonly filler: string;
  readonly fillerAfterMs: number;
  /** The session's running tools; the model is asked when they have ended. */
  readonly tools: RunningTools;
  /** Aborts tools when the session ends. */
  readonly sessionSignal: AbortSignal;
  readonly listener: OutputListener;
}

/** A model that calls tools again and again without answering is stopped after this many rounds. */
const maxToolRounds = 8;

export class OutputPipeline {
  readonly turn: number;
  readonly spoken: SpokenText;
  readonly #level: VoiceLevel;
  readonly #options: OutputPipelineOptions;
  readonly #abort = new AbortController();
  readonly #splitter = new SentenceSplitter();
  /** Frames that wait for their release. */
  #gate: AudioFrame[] = [];
  #stream: TextToSpeechStream | null = null;
  #text = '';
  #endsCall = false;
  #failed = false;
  #reported = false;
  #speechDone = false;
  #apologising = false;
  /** Chunks that went to speech synthesis, over all its streams. */
  #chunks = 0;
  /** The first chunk of the answer behind a filler; null where there was no filler. */
  #answerChunk: number | null = null;
  /** Where in the turn's audio the answer behind a filler begins; null until it is there. */
  #answerSamples: number | null = null;
  /** Position in the transport's playout at which this turn's audio begins. */
  #baseSamples = 0;
  #released = false;

  constructor(options: OutputPipelineOptions) {
    this.#options = options;
    this.turn = options.turn;
    this.spoken = new SpokenText(options.format.sampleRateHz);
    this.#level = new VoiceLevel(options.format.sampleRateHz);
  }

  /** Whether something of it could not be said. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Whether the gate has been opened. */
  get released(): boolean {
    return this.#released;
  }

  /** Where the turn's audio begins in the transport's playout; only after the release. */
  get baseSamples(): number {
    return this.#baseSamples;
  }

  /** Whether the transport has been given all there is. */
  get finished(): boolean {
    return this.#speechDone && this.#released;
  }

  /** Where the answer behind a filler begins in the transport's playout; null where there is none. */
  get answerSamples(): number | null {
    return this.#answerSamples === null ? null : this.#baseSamples + this.#answerSamples;
  }

  /** Where the turn's audio ends in the transport's playout, as far as it is known. */
  get endSamples(): number {
    return this.#baseSamples + this.spoken.samples;
  }

  /** Begins. Returns at once; the listener hears the rest. */
  start(): void {
    void this.#run();
  }

  /** Opens the gate: what is ready is played now, what follows at once. */
  release(): void {
    if (this.#released || this.#isAborted()) return;
    const frames = this.#gate;
    this.#gate = [];
    this.#released = true;
    const { transport } = this.#options;
    this.#baseSamples = transport.queuedSamples;
    for (const [index, frame] of frames.entries()) {
      transport.play(frame);
      // Behind the first frame, since the end of an empty queue would count as heard at once.
      if (index === 0) transport.watch(this.#baseSamples);
    }
    if (this.answerSamples !== null) transport.watch(this.answerSamples);
    this.#finishIfDone();
  }

  /** Stops everything; nothing is reported afterwards. Tools that run go on to their end. Idempotent. */
  abort(): void {
    if (this.#isAborted()) return;
    this.#abort.abort();
    this.#stream?.close();
    this.#gate = [];
  }

  /** What was heard when the transport's playout stood at `positionSamples`. */
  heardText(positionSamples: number): string {
    return this.#released ? this.spoken.heardText(positionSamples - this.#baseSamples) : '';
  }

  /** How loud it is where the transport's playout stands at `positionSamples`, in dBFS. */
  levelAt(positionSamples: number): number {
    return this.#released ? this.#level.at(positionSamples - this.#baseSamples) : silenceDbfs;
  }

  /** The position from which to play again after a pause at `positionSamples`: the beginning of the word that was cut. */
  resumePosition(positionSamples: number): number {
    const own = positionSamples - this.#baseSamples;
    return own <= 0 ? positionSamples : this.#baseSamples + this.spoken.wordStart(own);
  }

  /** A method, since the compiler takes a property that was false once to stay so. */
  #isAborted(): boolean {
    return this.#abort.signal.aborted;
  }

  async #run(): Promise<void> {
    try {
      await this.#produceText();
      this.#endText();
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  async #produceText(): Promise<void> {
    const { source } = this.#options;
    if (source.from === 'user') {
      for await (const text of source.text) {
        if (this.#isAborted()) return;
        this.#takeText(text);
      }
      return;
    }
    await this.#options.tools.ended();
    if (!this.#isAborted()) this.#options.listener.onModelStart();
    for (let round = 0; round < maxToolRounds; round++) {
      const calls = await this.#generate(source);
      if (calls.length === 0) {
        this.#checkAnswer(source.model.name);
        return;
      }
      await this.#runTools(source, calls);
    }
    throw new ProviderError(`The model called tools ${maxToolRounds} times in a row without answering.`, {
      kind: 'llm',
      provider: source.model.name,
      category: 'bad_request',
    });
  }

  /** An answer without a word would leave the caller in silence. */
  #checkAnswer(provider: string): void {
    if (this.#isAborted() || this.#endsCall || this.#text.trim() !== '') return;
    throw new ProviderError('The model gave an empty answer.', { kind: 'llm', provider, category: 'server' });
  }

  /** One generation; returns the tools that it wants. */
  async #generate({ model, history, tools }: Extract<TextSource, { from: 'model' }>): Promise<ToolCall[]> {
    const { signal } = this.#abort;
    const calls: ToolCall[] = [];
    if (this.#isAborted()) return calls;
    const { onIncident } = this.#options.listener;
    const request = { messages: history.messages(), tools: toolDefinitions(tools), signal, onIncident };
    for await (const event of model.generate(request)) {
      if (this.#isAborted()) return [];
      if (event.type === 'token') this.#takeToken(event.text);
      else if (event.type === 'tool_call') calls.push(event.call);
      else if (event.endCall) this.#endsCall = true;
    }
    // A tool asked for by an answer that was revoked meanwhile must not start.
    return this.#isAborted() ? [] : calls;
  }

  async #runTools(
    { history, tools }: Extract<TextSource, { from: 'model' }>,
    calls: readonly ToolCall[],
  ): Promise<void> {
    const { clock, listener, sessionId, sessionSignal, tools: running } = this.#options;
    // Words before a tool call ("let me check") are spoken while the tool runs.
    for (const chunk of this.#splitter.flush()) this.#speak(`${chunk} `);
    if (this.#text !== '') this.#text += ' ';
    history.addToolCalls(this.turn, calls);
    const fillerTimer = this.#stream ? null : this.#setFillerTimer();
    await Promise.all(
      calls.map(async (call) => {
        const startedMs = clock.nowMs();
        listener.onToolCall(call);
        const context = { sessionId, turn: this.turn, signal: sessionSignal };
        const { result, failed } = await running.follow(runTool(tools, call, context, clock));
        history.addToolResult(this.turn, call.id, failed ? `Error: ${result}` : result);
        listener.onToolResult(call, result, failed, clock.nowMs() - startedMs);
      }),
    );
    fillerTimer?.cancel();
  }

  #setFillerTimer(): Timer | null {
    const { clock, filler, fillerAfterMs, listener } = this.#options;
    if (filler === '') return null;
    return clock.setTimer(fillerAfterMs, () => {
      if (this.#isAborted() || this.#stream) return;
      listener.onFiller();
      this.#speak(`${filler} `);
      this.#answerChunk = this.#chunks;
    });
  }

  #takeToken(text: string): void {
    if (text === '') return;
    const { listener } = this.#options;
    if (this.#text === '') listener.onFirstToken();
    listener.onToken(text);
    this.#takeText(text);
  }

  #takeText(text: string): void {
    this.#text += text;
    for (const chunk of this.#splitter.push(text)) this.#speak(chunk);
  }

  #endText(): void {
    if (this.#isAborted()) return;
    for (const chunk of this.#splitter.flush()) this.#speak(chunk);
    this.#options.listener.onText(this.#text.replace(/\s+/g, ' ').trim());
    if (this.#apologising) return;
    if (this.#stream) this.#endStream(this.#stream);
    else this.#finish(false);
  }

  #endStream(stream: TextToSpeechStream): void {
    try {
      stream.end();
    } catch (thrown) {
      this.#speechFailed(providerError(thrown, 'tts', this.#options.tts.name));
    }
  }

  #speak(chunk: string): void {
    if (this.#speechDone || this.#apologising) return;
    const text = new SpeakableText(chunk, this.#options.language);
    if (text.spoken === '') return this.spoken.addSilentText(chunk);
    try {
      const stream = this.#stream ?? this.#openStream();
      this.#chunks++;
      this.spoken.addText(text);
      stream.write(text.spoken);
    } catch (thrown) {
      this.#speechFailed(providerError(thrown, 'tts', this.#options.tts.name));
    }
  }

  #openStream(): TextToSpeechStream {
    const { tts, format, listener } = this.#options;
    this.#stream = tts.open({
      format,
      signal: this.#abort.signal,
      onEvent: (event) => {
        if (!this.#apologising) this.#onSpeech(event);
      },
      onIncident: listener.onIncident,
    });
    listener.onSpeechStart();
    return this.#stream;
  }

  #onSpeech(event: TtsEvent): void {
    if (this.#isAborted() || this.#speechDone) return;
    switch (event.type) {
      case 'audio':
        return this.#takeAudio(event.chunk, event.frame);
      case 'alignment':
        return this.spoken.setWords(event.chunk, event.words);
      case 'chunk_done':
        return this.spoken.completeChunk(event.chunk);
      case 'done':
        this.#speechDone = true;
        return this.#finishIfDone();
      case 'error':
        return this.#speechFailed(event.error);
    }
  }

  /** What has been said stands; instead of the rest comes an apology, if anyone can speak it. */
  #speechFailed(error: ProviderError): void {
    this.#failed = true;
    this.#stream?.close();
    this.spoken.breakOff();
    this.#options.listener.onError(error);
    if (this.#apologise()) return;
    this.#speechDone = true;
    this.#finishIfDone();
  }

  #apologise(): boolean {
    const { lastResort, apology, transport } = this.#options;
    if (!lastResort || apology === '' || this.#apologising) return false;
    this.#apologising = true;
    const { spoken } = this;
    const chunksBefore = this.#chunks;
    const msBefore = (spoken.samples / transport.outputFormat.sampleRateHz) * 1000;
    this.#stream = lastResort.open({
      format: transport.outputFormat,
      signal: this.#abort.signal,
      onEvent: (event) => this.#onSpeech(shifted(event, chunksBefore, msBefore)),
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
      const problem = `The voice gave audio at ${frame.sampleRateHz} Hz where ${format.sampleRateHz} Hz was asked for.`;
      return this.#speechFailed(providerError(new Error(problem), 'tts', tts.name));
    }
    const first = this.spoken.samples === 0;
    const startsAnswer =
      this.#answerChunk !== null && chunk >= this.#answerChunk && this.#answerSamples === null;
    if (startsAnswer) this.#answerSamples = this.spoken.samples;
    this.spoken.addAudio(chunk, frame.samples.length);
    this.#level.add(frame.samples);
    if (this.#released) {
      const { transport } = this.#options;
      transport.play(frame);
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
    this.#options.listener.onFinished({ played, failed: this.#failed, endsCall: this.#endsCall });
  }

  /** The text failed: the caller hears an apology rather than silence. */
  #fail(thrown: unknown): void {
    if (this.#isAborted()) return;
    const { source, apology, listener } = this.#options;
    listener.onError(providerError(thrown, 'llm', source.from === 'model' ? source.model.name : 'speak'));
    this.#failed = true;
    this.#takeText(this.#text === '' ? apology : ` ${apology}`);
    this.#endText();
  }
}

/** An event of a stream that was opened behind others of the same turn. */
function shifted(event: TtsEvent, chunks: number, ms: number): TtsEvent {
  if (!('chunk' in event)) return event;
  const chunk = event.chunk + chunks;
  if (event.type !== 'alignment') return { ...event, chunk };
  const words = event.words.map((word) => ({
    ...word,
    startMs: word.startMs + ms,
    endMs: word.endMs + ms,
  }));
  return { ...event, chunk, words };
}

function providerError(thrown: unknown, kind: ProviderKind, provider: string): ProviderError {
  if (thrown instanceof ProviderError) return thrown;
  return new ProviderError(messageOf(thrown), { kind, provider, category: 'internal', cause: thrown });
}
