import type { AudioFrame } from '../../audio/audio-frame.js';
import { ProviderError } from '../../core/errors.js';
import type {
  SpeechToText,
  SpeechToTextStream,
  SttEvent,
  SttStreamOptions,
} from '../../providers/speech-to-text.js';
import { CandidateReports } from '../policy/candidate-reports.js';
import type { Candidate } from '../policy/candidate.js';
import type { Supervisor } from '../policy/supervisor.js';
import { AudioBacklog, lostAudioMessage } from './audio-backlog.js';
import { CallTranscript, type FinalEvent, type PartialEvent } from './call-transcript.js';
import { CandidateStream } from './candidate-stream.js';
import { FlushQueue, type Flush } from './flush-queue.js';
import type { KnownTraits } from './recogniser-traits.js';
import { StreamSuccession } from './stream-succession.js';
import { ofRequest } from '../../providers/request-id.js';
import { isLikelySpeech } from './unanswered-speech.js';

export interface SupervisedStreamOptions {
  readonly supervisor: Supervisor<SpeechToText>;
  readonly traits: KnownTraits;
  readonly stream: SttStreamOptions;
}

/** What a stream leaves to the one that replaces it. Positions are those of the call. */
interface Unfinished {
  readonly audio: AudioBacklog;
  readonly transcript: CallTranscript;
  readonly flushes: readonly Flush[];
}

/** One call's speech to text, which outlives the recognisers that it uses. Starts with {@link start}. */
export class SupervisedStream implements SpeechToTextStream {
  readonly #options: SupervisedStreamOptions;
  readonly #transcript: CallTranscript;
  /** Whether the stream that it has replaced left something to catch up with. */
  #isBehind: boolean;
  #audio: AudioBacklog;
  readonly #flushes: FlushQueue;
  readonly #reports: CandidateReports<SpeechToText>;
  readonly #streams: StreamSuccession;
  readonly #onAbort = (): void => void this.close();
  #closed: Promise<void> | null = null;

  constructor(options: SupervisedStreamOptions) {
    const { fallbackList, clock, supervision, random } = options.supervisor;
    // The stream before must not be held on to.
    const { replaces, ...stream } = options.stream;
    this.#options = { ...options, stream };
    const unfinished = replaces instanceof SupervisedStream ? replaces.#handOver() : null;
    this.#isBehind = unfinished !== null;
    this.#audio = unfinished?.audio ?? new AudioBacklog();
    this.#transcript = unfinished?.transcript ?? new CallTranscript();
    this.#flushes = new FlushQueue({
      inherited: unfinished?.flushes ?? [],
      candidates: fallbackList.candidates,
      clock,
      supervision,
      onOverdue: (stream, limitMs) =>
        this.#replace(stream, `did not answer a flush within ${Math.round(limitMs)} ms.`),
    });
    this.#reports = new CandidateReports('stt', fallbackList, (incident) => {
      if (!this.#closed) options.stream.onIncident?.(incident);
    });
    this.#streams = new StreamSuccession({
      ...{ fallbackList, clock, supervision, random },
      reports: this.#reports,
      make: (candidate) => this.#make(candidate),
      onOpened: (stream) => this.#flushes.watch(stream),
      onDismissed: () => this.#flushes.rest(),
      onGivenUp: (error) => this.#giveUp(error),
    });
  }

  start(): void {
    const { signal } = this.#options.stream;
    if (signal.aborted) return void this.close();
    signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#streams.start();
  }

  write(frame: AudioFrame): void {
    if (this.#closed || frame.samples.length === 0) return;
    this.#audio.write(frame);
    this.#streams.current?.write(frame);
    this.#audio.limit(!this.#isBusy);
    this.#streams.endOutage();
    if (this.#streams.isLookDue) this.#streams.moveIfIdle(this.#isBusy);
  }

  speechStarted(): void {
    if (this.#closed) return;
    this.#audio.speechStarted();
    this.#streams.current?.speechStarted();
  }

  flush(): void {
    if (this.#closed) return;
    this.#flushes.add(this.#audio.flush(), this.#streams.current);
    this.#streams.current?.flush();
    this.#watchFlushes();
  }

  recover(): boolean {
    const { current, isInOutage } = this.#streams;
    const { waitedMs } = this.#flushes;
    if (this.#closed || waitedMs === null) return false;
    // If some words are known, recovery may take no longer than the budget of any other failure.
    if (this.#transcript.pending && waitedMs >= this.#options.supervisor.supervision.budgetMs) return false;
    if (!current || isInOutage || this.#isCatchingUp(current)) return true;
    return this.#flushes.needsLonger(current, waitedMs) || current.recover();
  }

  close(): Promise<void> {
    this.#closed ??= this.#shutDown();
    return this.#closed;
  }

  /** Closes it and returns what no final covers; null if it was closed before. */
  #handOver(): Unfinished | null {
    if (this.#closed) return null;
    const unfinished = { audio: this.#audio, transcript: this.#transcript, flushes: this.#flushes.all };
    this.#audio = new AudioBacklog();
    void this.close();
    return unfinished;
  }

  /** Whether the first stream after a takeover still hears the audio of the one before. */
  #isCatchingUp({ liveness, openedMs }: CandidateStream): boolean {
    const { oldest } = this.#flushes;
    if (!this.#isBehind) return false;
    this.#isBehind = !liveness.hasSpoken || (oldest !== undefined && oldest.madeMs <= openedMs);
    return this.#isBehind;
  }

  #make(candidate: Candidate<SpeechToText>): CandidateStream {
    const { stream, supervisor, traits } = this.#options;
    const made: CandidateStream = new CandidateStream({
      candidate,
      name: supervisor.fallbackList.nameOf(candidate),
      format: stream.format,
      signal: stream.signal,
      onIncident: (incident) => this.#reports.tell(incident),
      onUsage: stream.onUsage,
      clock: supervisor.clock,
      replay: () => {
        this.#transcript.sourceChanged();
        this.#reportLostAudio();
        return this.#audio.replay(traits.of(candidate));
      },
      onEvent: (event) => {
        if (this.#streams.current === made) this.#take(event, made);
      },
    });
    return made;
  }

  #take(event: SttEvent, stream: CandidateStream): void {
    if (event.type === 'error') return this.#streams.failed(event.error, stream);
    this.#options.traits.learn(stream.candidate, event);
    if (stream.liveness.hasSpoken) this.#streams.endOutage();
    if (event.type === 'heard') this.#takeHeard(event.untilMs, stream);
    else if (event.type === 'partial') this.#takePartial(event, stream);
    else this.#takeFinal(event, stream);
  }

  #takeHeard(untilMs: number, stream: CandidateStream): void {
    if (stream.liveness.hasSpoken) this.#flushes.spoke();
    this.#emit({ type: 'heard', untilMs: this.#position(untilMs, stream) });
  }

  #takePartial(event: PartialEvent, stream: CandidateStream): void {
    this.#flushes.spoke();
    const said = this.#transcript.takePending(event, stream);
    const { endLikely } = event;
    if (said.text !== '')
      this.#emit({ type: 'partial', ...said, ...(endLikely !== undefined && { endLikely }) });
  }

  #takeFinal(event: FinalEvent, stream: CandidateStream): void {
    const isMadeUp = this.#isMadeUp(event, stream);
    if (isMadeUp && this.#replaceIfStalled(event, stream)) return;
    if (!isMadeUp) this.#flushes.spoke();
    const { endOfUtterance } = event;
    const flush = (event.answersFlush ?? endOfUtterance) ? this.#flushes.take() : undefined;
    if (flush) this.#audio.answered();
    const endsFlush = flush !== undefined;
    const said = this.#transcript.wordsOf(event, stream, {
      endsFlush,
      isAnswer: endsFlush && !isMadeUp,
      followsSpeech: flush !== undefined && isLikelySpeech(flush.speechMs),
    });
    if (isMadeUp && flush && said.text === '') this.#flushes.gaveNothing(stream, flush);
    const untilMs = event.untilMs === undefined ? flush?.atMs : this.#position(event.untilMs, stream);
    this.#transcript.add(said, untilMs, endOfUtterance);
    if (untilMs !== undefined) this.#audio.cover(untilMs);
    const repeatsOnly = said.text === '' && event.text !== '' && !flush;
    if (!repeatsOnly) {
      const covered = untilMs !== undefined && { untilMs };
      this.#emit({ type: 'final', ...said, endOfUtterance, ...covered, answersFlush: endsFlush });
    }
    if (flush) this.#answered(flush, stream);
  }

  #isMadeUp({ answersFlush, untilMs }: FinalEvent, stream: CandidateStream): boolean {
    if (answersFlush !== true || untilMs === undefined) return false;
    return this.#flushes.isMadeUp(this.#position(untilMs, stream), stream);
  }

  #replaceIfStalled(event: FinalEvent, stream: CandidateStream): boolean {
    this.#transcript.takePending(event, stream);
    if (!this.#flushes.hasStalled(stream, this.#transcript.pending !== null)) return false;
    this.#replace(stream, 'received speech and a flush, but has sent nothing since.');
    return true;
  }

  #answered({ madeMs, stream: asked }: Flush, stream: CandidateStream): void {
    this.#watchFlushes();
    if (this.#closed || this.#streams.current !== stream) return;
    // If another stream was flushed, the time says nothing about the speed of this one.
    this.#streams.answered(stream, asked === stream ? this.#options.supervisor.clock.nowMs() - madeMs : null);
    this.#streams.moveIfIdle(this.#isBusy);
  }

  #watchFlushes(): void {
    const { current } = this.#streams;
    if (current) this.#flushes.watch(current);
  }

  /** Replaces a stream that has stalled, without a delay: the caller has already waited. */
  #replace(stream: CandidateStream, what: string): void {
    const { name: provider } = stream.candidate.provider;
    const error = new ProviderError(`${provider} ${what}`, { kind: 'stt', provider, category: 'timeout' });
    this.#streams.failed(ofRequest(error, stream.requestId), stream, false);
  }

  #giveUp(error: ProviderError): void {
    const { oldest: flush } = this.#flushes;
    const said = this.#transcript.pending;
    if (flush && said)
      this.#emit({ type: 'final', ...said, endOfUtterance: true, untilMs: flush.atMs, answersFlush: true });
    this.#emit({ type: 'error', error });
    void this.close();
  }

  /** Whether the caller is speaking or words are pending, as far as is known. */
  get #isBusy(): boolean {
    return this.#flushes.oldest !== undefined || this.#transcript.pending !== null || this.#audio.isSpeaking;
  }

  #reportLostAudio(): void {
    const { lostMs } = this.#audio;
    if (lostMs === 0) return;
    this.#reports.tell({ type: 'warning', code: 'stt_audio_dropped', message: lostAudioMessage(lostMs) });
  }

  /** Converts a stream's position to the call's; never beyond the audio written. */
  #position(untilMs: number, { startMs }: CandidateStream): number {
    return Math.min(startMs + untilMs, this.#audio.endMs);
  }

  #emit(event: SttEvent): void {
    if (!this.#closed) this.#options.stream.onEvent(event);
  }

  async #shutDown(): Promise<void> {
    this.#options.stream.signal.removeEventListener('abort', this.#onAbort);
    this.#audio.clear();
    await this.#streams.close();
  }
}
