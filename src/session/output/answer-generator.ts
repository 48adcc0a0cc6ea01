import type { Clock, Timer } from '../../core/clock.js';
import { ProviderError, providerErrorOf } from '../../core/errors.js';
import type { LlmUsage } from '../../metrics/provider-usage.js';
import type { ChatMessage, LanguageModel, SignOfLife, ToolCall } from '../../providers/language-model.js';
import { SentenceSplitter } from '../../speech-text/sentence-splitter.js';
import { SpeakableText } from '../../speech-text/speakable-text.js';
import { runTool, staysSilentAfter, toolDefinitions, type AgentTools } from '../agent-tools.js';
import type { ConversationHistory } from '../conversation-history.js';
import type { OutputListener } from './output-listener.js';
import type { RunningTools } from './running-tools.js';
import type { SpeechOutput } from './speech-output.js';
import { StandingText } from './standing-text.js';
import { TextBreaths } from './text-breaths.js';

/** Source of a turn's text: the agent's model, or a text that the application gave. */
export type TextSource =
  | {
      readonly from: 'model';
      readonly model: LanguageModel;
      readonly history: ConversationHistory;
      readonly tools: AgentTools;
      /** The caller's words where the turn is not committed yet. */
      readonly assumed: AssumedWords | null;
    }
  | { readonly from: 'user'; readonly text: AsyncIterable<string> | Iterable<string> };

/** What the caller has said in a turn, as far as is known before its commit. */
export interface AssumedWords {
  readonly turn: number;
  readonly text: string;
}

export interface AnswerGeneratorOptions {
  readonly turn: number;
  readonly sessionId: string;
  readonly source: TextSource;
  readonly clock: Clock;
  /** Spoken if the model fails. */
  readonly apology: string;
  /** Language of the text, for example `en`. */
  readonly language: string;
  /** Whether the voice speaks the chunks of an answer as one text. */
  readonly joinsPieces: boolean;
  /** Spoken when a tool or reasoning keeps the caller waiting in silence; empty for no filler. */
  readonly filler: string;
  readonly fillerAfterMs: number;
  /** The session's running tools. The model is asked after they have ended. */
  readonly tools: RunningTools;
  /** Aborts tools when the session ends. */
  readonly sessionSignal: AbortSignal;
  /** Resolves when the turn is committed; null if it is. No tool runs before. */
  readonly committed: Promise<void> | null;
  /** Aborts the turn; nothing is reported afterwards. */
  readonly signal: AbortSignal;
  /** Speaks the text. */
  readonly speech: SpeechOutput;
  readonly listener: OutputListener;
}

/** A model that only calls tools and never answers is stopped after this many rounds. */
const maxToolRounds = 8;

/** Added to the request if the model said nothing after a tool: the caller does not know the outcome. */
const askForConfirmation: ChatMessage = {
  role: 'system',
  content:
    'The caller has heard nothing of what the tool did. Tell the caller in one short sentence how it went.',
};

/**
 * The text half of a turn: asks the model, runs its tools, and passes the text to the voice in chunks. Speaks the
 * filler in long waits.
 */
export class AnswerGenerator {
  readonly #options: AnswerGeneratorOptions;
  readonly #splitter: SentenceSplitter;
  readonly #standing: StandingText;
  readonly #breaths = new TextBreaths();
  #text = '';
  /** Length of the text before the latest tool calls. */
  #saidBeforeTools = 0;
  #fillerTimer: Timer | null = null;
  #endsCall = false;
  /** Whether the `slow_text` warning was emitted. */
  #warnedSlow = false;
  #isCommitted: boolean;

  constructor(options: AnswerGeneratorOptions) {
    this.#options = options;
    this.#splitter = new SentenceSplitter({ joinsPieces: options.joinsPieces });
    this.#isCommitted = options.committed === null;
    void options.committed?.then(() => (this.#isCommitted = true));
    this.#standing = new StandingText({
      clock: options.clock,
      splitter: this.#splitter,
      onOverdue: (chunk, isSlow) => this.#speakStanding(chunk, isSlow),
    });
  }

  /** Whether the model wants to hang up once its answer has been played. */
  get endsCall(): boolean {
    return this.#endsCall;
  }

  /** The voice has produced this much more audio. */
  voiced(durationMs: number): void {
    this.#standing.voiced(durationMs);
  }

  /** The turn's audio plays from now on. */
  released(): void {
    this.#standing.released();
  }

  /** Stops the timers. The signal is already aborted. */
  stop(): void {
    this.#stopFiller();
    this.#standing.stop();
  }

  /** Produces the whole text. Never rejects. */
  async run(): Promise<void> {
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
        const pieces = this.#inBreaths(text, this.#takeText);
        if (pieces) await pieces;
      }
      return;
    }
    const { tools, listener } = this.#options;
    if (tools.some) listener.onToolsAwaited();
    await tools.ended();
    if (!this.#isAborted()) listener.onModelStart();
    let silence: 'refused' | 'doubtful' | 'fine' = 'refused';
    for (let round = 0; round < maxToolRounds; round++) {
      const calls = await this.#generate(source, silence !== 'refused');
      if (calls.length > 0) {
        const failed = await this.#runTools(source, calls);
        const areSilent = calls.every(({ name }) => staysSilentAfter(source.tools, name));
        silence = areSilent && !failed ? 'fine' : 'doubtful';
      } else {
        // Without an answer the caller does not know whether the tool succeeded.
        if (silence === 'doubtful' && !this.#hasWords())
          await this.#generate(source, false, [askForConfirmation]);
        return;
      }
    }
    throw new ProviderError(`The model called tools ${maxToolRounds} times in a row without answering.`, {
      kind: 'llm',
      provider: source.model.name,
      category: 'bad_request',
    });
  }

  /** Whether the turn needs no further words: it has some, hangs up, or was aborted. */
  #hasWords(): boolean {
    return this.#isAborted() || this.#endsCall || this.#isSpeakable(this.#text);
  }

  /** Runs one request; returns its tool calls. `more` is appended to the conversation; then no tools are offered. */
  async #generate(
    { model, history, tools, assumed }: Extract<TextSource, { from: 'model' }>,
    maySayNothing: boolean,
    more: readonly ChatMessage[] = [],
  ): Promise<ToolCall[]> {
    const { signal } = this.#options;
    const calls: ToolCall[] = [];
    if (this.#isAborted()) return calls;
    const { listener } = this.#options;
    const { onIncident } = listener;
    const request = {
      messages: [...history.messages(this.#isCommitted ? null : assumed), ...more],
      tools: more.length > 0 ? [] : toolDefinitions(tools),
      signal,
      onIncident,
      onUsage: (usage: LlmUsage) => listener.onUsage(usage),
      maySayNothing,
      isSpeakable: (text: string) => this.#isSpeakable(text),
      onProgress: (sign: SignOfLife) => this.#waits(sign),
    };
    for await (const event of model.generate(request)) {
      if (this.#isAborted()) return [];
      if (event.type === 'token') {
        const pieces = this.#inBreaths(event.text, this.#takeToken);
        if (pieces) await pieces;
      } else if (event.type === 'reasoning') this.#takeReasoning(event.text, event.soFar ?? false);
      else if (event.type === 'tool_call') calls.push(event.call);
      else if (event.endCall) this.#endsCall = true;
    }
    if (calls.length > 0) await this.#options.committed;
    // If the answer was revoked meanwhile, its tools must not start.
    return this.#isAborted() ? [] : calls;
  }

  /** Runs all tool calls; returns whether one failed. */
  async #runTools(
    { history, tools }: Extract<TextSource, { from: 'model' }>,
    calls: readonly ToolCall[],
  ): Promise<boolean> {
    const { clock, listener, sessionId, turn, sessionSignal, tools: running } = this.#options;
    this.#standing.stop();
    // Words before a tool call ("let me check") are spoken while the tool runs.
    for (const chunk of this.#splitter.flush()) this.#options.speech.speak(`${chunk} `);
    history.addToolCalls(turn, calls, this.#text.slice(this.#saidBeforeTools));
    if (this.#text !== '') this.#text += ' ';
    this.#saidBeforeTools = this.#text.length;
    this.#options.speech.beginLine();
    this.#setFiller();
    const failures = await Promise.all(
      calls.map(async (call) => {
        const startedMs = clock.nowMs();
        listener.onToolCall(call);
        const context = { sessionId, turn, signal: sessionSignal };
        const { result, failed } = await running.follow(runTool(tools, call, context, clock));
        history.addToolResult(turn, call.id, failed ? `Error: ${result}` : result);
        listener.onToolResult(call, result, failed, clock.nowMs() - startedMs);
        return failed;
      }),
    );
    this.#stopFiller();
    return failures.includes(true);
  }

  /** A server that only keeps the connection alive also makes the caller wait. */
  #waits(sign: SignOfLife): void {
    if (sign === 'keep_alive' && !this.#isAborted() && this.#text === '') this.#setFiller();
  }

  /** Starts the filler's timer: the caller waits for something that may take long. */
  #setFiller(): void {
    const { clock, filler, fillerAfterMs, listener } = this.#options;
    if (filler === '' || this.#options.speech.hasBegun || this.#fillerTimer) return;
    this.#fillerTimer = clock.setTimer(fillerAfterMs, () => {
      this.#fillerTimer = null;
      if (this.#isAborted() || this.#options.speech.hasBegun) return;
      listener.onFiller();
      this.#options.speech.speak(`${filler} `);
      this.#options.speech.beginAnswer();
    });
  }

  #stopFiller(): void {
    this.#fillerTimer?.cancel();
    this.#fillerTimer = null;
  }

  #isSpeakable(text: string): boolean {
    return new SpeakableText(text, this.#options.language).spoken !== '';
  }

  /** Reasoning is never spoken. `soFar`: all text so far was reasoning too, not the answer. */
  #takeReasoning(text: string, soFar: boolean): void {
    if (text !== '') this.#options.listener.onReasoning(text);
    if (soFar) this.#takeBack();
    this.#setFiller();
  }

  /** Drops the text so far, and its audio that was not played. */
  #takeBack(): void {
    this.#text = '';
    this.#saidBeforeTools = 0;
    this.#splitter.flush();
    this.#standing.stop();
    this.#options.speech.takeBack();
  }

  /**
   * Takes a text of any length without blocking other calls. Returns null if it took the text at once, else a promise;
   * stops early if the turn is aborted.
   */
  #inBreaths(text: string, take: (piece: string) => void): Promise<void> | null {
    if (!this.#breaths.fits(text)) return this.#inPieces(text, take);
    take(text);
    return null;
  }

  async #inPieces(text: string, take: (piece: string) => void): Promise<void> {
    for (const piece of this.#breaths.piecesOf(text)) {
      if (this.#isAborted()) return;
      take(piece);
      if (this.#breaths.isDue(piece)) await this.#breaths.turn();
    }
  }

  readonly #takeToken = (text: string): void => {
    if (text === '') return;
    this.#stopFiller();
    const { listener } = this.#options;
    if (this.#text === '') listener.onFirstToken();
    listener.onToken(text);
    this.#takeText(text);
  };

  readonly #takeText = (text: string): void => {
    this.#text += text;
    const chunks = this.#splitter.push(text);
    for (const chunk of chunks) this.#options.speech.speak(chunk);
    this.#standing.took(chunks);
  };

  /** The text is slower than the voice: speaks the incomplete text rather than leave silence. */
  #speakStanding(chunk: string, isSlow: boolean): void {
    this.#options.speech.speak(chunk);
    if (!isSlow || this.#warnedSlow) return;
    this.#warnedSlow = true;
    const { source, listener } = this.#options;
    const from = source.from === 'model' ? `The model ${source.model.name}` : 'The source of the text';
    const message = `${from} writes more slowly than the voice speaks: the caller hears pauses within sentences. Use a faster one, or a server with less load.`;
    listener.onIncident({ type: 'warning', code: 'slow_text', message });
  }

  #endText(): void {
    if (this.#isAborted()) return;
    this.#stopFiller();
    this.#standing.stop();
    const { speech, listener } = this.#options;
    for (const chunk of this.#splitter.flush()) speech.speak(chunk);
    listener.onText(this.#text.replace(/\s+/g, ' ').trim());
    speech.end();
  }

  /** The text failed: speaks the apology rather than leave silence. */
  #fail(thrown: unknown): void {
    if (this.#isAborted()) return;
    const { source, apology, listener, speech } = this.#options;
    listener.onError(providerErrorOf(thrown, 'llm', source.from === 'model' ? source.model.name : 'speak'));
    // The turn will begin anew, so nothing is to be said.
    if (!this.#isCommitted) return this.stop();
    speech.noteFailure();
    this.#takeText(this.#text === '' ? apology : ` ${apology}`);
    this.#endText();
  }

  /** A method, because TypeScript would narrow a property to false across awaits. */
  #isAborted(): boolean {
    return this.#options.signal.aborted;
  }
}
