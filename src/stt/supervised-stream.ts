import type { AudioFrame } from '../audio/audio-frame.js';
import type { Clock, Timer } from '../clock.js';
import { ProviderError } from '../errors.js';
import type { ProviderIncident } from '../events/provider-incident.js';
import type { LineUp, Member } from '../supervisor/line-up.js';
import type { Supervision } from '../supervisor/supervision.js';
import { MemberStream } from './member-stream.js';
import { Outage } from './outage.js';
import { Patience } from './patience.js';
import type { KnownTraits } from './recogniser-traits.js';
import { afterTakeover } from './replayed-words.js';
import type { SpeechToText, SpeechToTextStream, SttEvent, SttStreamOptions } from './speech-to-text.js';
import { UnfinalisedAudio } from './unfinalised-audio.js';

type FinalEvent = Extract<SttEvent, { readonly type: 'final' }>;
type PartialEvent = Extract<SttEvent, { readonly type: 'partial' }>;

export interface SupervisedStreamOptions {
  readonly lineUp: LineUp<SpeechToText>;
  readonly traits: KnownTraits;
  readonly clock: Clock;
  readonly supervision: Supervision;
  readonly random: () => number;
  readonly stream: SttStreamOptions;
}

/** A flush that waits for its answer. */
interface Flush {
  readonly madeMs: number;
  /** Its place in the audio. */
  readonly atMs: number;
  /** The stream that it was made on; null where there was none. */
  readonly stream: MemberStream | null;
}

/** Audio before the last final that a replacement hears again: a word that lies across the border is not chopped. */
const leadInMs = 300;
/** As much unfinished audio is kept at most. */
const keptMs = 30_000;
/** While nobody speaks: more than it takes to notice that somebody does. */
const keptInSilenceMs = 5000;
/** Streams in a row that lived too short to be of use, after which their member has failed. */
const maxShortLives = 5;
/** A flush comes after some silence: audio that ends no further before it has its words. */
const answerSlackMs = 500;
/** How often a stream that nobody uses looks whether a better member is well again. */
const lookEveryMs = 1000;

/** One call's speech to text that outlives the recognisers that it uses. Starts with {@link start}. */
export class SupervisedStream implements SpeechToTextStream {
  readonly #options: SupervisedStreamOptions;
  readonly #clock: Clock;
  readonly #patience: Patience;
  readonly #audio = new UnfinalisedAudio();
  readonly #flushes: Flush[] = [];
  /** Members that will not serve this call, whatever they do for others. */
  readonly #refusing = new Set<Member<SpeechToText>>();
  readonly #closing = new Set<Promise<void>>();
  readonly #onAbort = (): void => void this.close();
  #current: MemberStream | null = null;
  #outage: Outage | null = null;
  #shortLives = 0;
  #retry: Timer | null = null;
  #deadline: Timer | null = null;
  /** Audio before this is in finals. */
  #dealtMs = 0;
  /** The last word that was said in a final ends here. */
  #saidUntilMs = 0;
  /** Words are known that no final has. */
  #hasPartial = false;
  /** Up to here nobody spoke, as far as was known then. */
  #quietUntilMs = 0;
  /** Why the current member should be replaced at the next opportunity. */
  #complaint: string | null = null;
  #nextLookMs = 0;
  #closed: Promise<void> | null = null;

  constructor(options: SupervisedStreamOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#patience = new Patience(options.supervision, options.lineUp.members[0]);
  }

  start(): void {
    const { lineUp, stream } = this.#options;
    if (stream.signal.aborted) return void this.close();
    stream.signal.addEventListener('abort', this.#onAbort, { once: true });
    const [first] = lineUp.candidates();
    if (first) this.#open(first);
  }

  write(frame: AudioFrame): void {
    if (this.#closed || frame.samples.length === 0) return;
    this.#audio.write(frame);
    this.#current?.write(frame);
    this.#limitAudio();
    this.#watchSilence();
    if (this.#clock.nowMs() >= this.#nextLookMs) this.#moveIfIdle();
  }

  speechStarted(): void {
    if (this.#closed) return;
    this.#audio.speechStarted();
    this.#current?.speechStarted();
  }

  flush(): void {
    if (this.#closed) return;
    this.#audio.flush();
    this.#flushes.push({ madeMs: this.#clock.nowMs(), atMs: this.#audio.endMs, stream: this.#current });
    this.#current?.flush();
    this.#watchFlushes();
  }

  recover(): boolean {
    const [flush] = this.#flushes;
    const current = this.#current;
    if (this.#closed || !flush) return false;
    if (!current || this.#outage) return true;
    const nowMs = this.#clock.nowMs();
    if (this.#patience.needsLonger(current.member, nowMs - flush.madeMs)) return true;
    if (!this.#options.traits.of(current.member).tellsHeard) return false;
    if (!current.signs.any) return true;
    if (current.signs.lastMs > flush.madeMs) return false;
    if (current.signs.silentMs(nowMs) < current.signs.patienceMs) return this.#hasPartial;
    this.#replaceSilent(current);
    return true;
  }

  close(): Promise<void> {
    this.#closed ??= this.#shutDown();
    return this.#closed;
  }

  #open(member: Member<SpeechToText>): void {
    // Whoever was told why may have closed the stream.
    if (this.#closed) return;
    const { stream, clock, traits } = this.#options;
    const opened = new MemberStream({
      member,
      format: stream.format,
      signal: stream.signal,
      clock,
      // Words without times that are heard again cannot be told from new ones.
      replay: () => {
        this.#reportLostAudio();
        return this.#audio.replay(this.#dealtMs - (traits.of(member).timesWords ? leadInMs : 0));
      },
      onEvent: (event) => {
        if (this.#current === opened) this.#take(event, opened);
      },
    });
    this.#current = opened;
    opened.open();
    this.#watchFlushes();
  }

  #take(event: SttEvent, stream: MemberStream): void {
    if (event.type === 'error') return this.#failed(event.error, stream);
    this.#options.traits.learn(stream.member, event);
    if (this.#outage && stream.signs.any) {
      this.#outage = null;
      this.#report({ type: 'recovered', kind: 'stt', provider: stream.member.provider.name });
    }
    if (event.type === 'heard') this.#emit({ type: 'heard', untilMs: this.#position(event.untilMs, stream) });
    else if (event.type === 'partial') this.#takePartial(event, stream);
    else this.#takeFinal(event, stream);
  }

  #takePartial(event: PartialEvent, stream: MemberStream): void {
    const said = afterTakeover(event, { startMs: stream.startMs, saidUntilMs: this.#saidUntilMs });
    if (said.text === '') return;
    this.#hasPartial = true;
    this.#emit({ type: 'partial', ...said });
  }

  #takeFinal(event: FinalEvent, stream: MemberStream): void {
    if (this.#isNoAnswer(event, stream)) return this.#replaceSilent(stream);
    const { endOfUtterance } = event;
    const said = afterTakeover(event, { startMs: stream.startMs, saidUntilMs: this.#saidUntilMs });
    const answersFlush = (event.answersFlush ?? endOfUtterance) && this.#flushes.length > 0;
    const flush = answersFlush ? this.#flushes.shift() : undefined;
    if (flush) this.#audio.answered();
    const untilMs = event.untilMs === undefined ? flush?.atMs : this.#position(event.untilMs, stream);
    this.#dealtWith(untilMs, said.words?.at(-1)?.endMs ?? (said.text === '' ? undefined : untilMs));
    if (endOfUtterance) this.#hasPartial = false;
    const repeatsOnly = said.text === '' && event.text !== '' && !flush;
    if (!repeatsOnly)
      this.#emit({
        type: 'final',
        ...said,
        endOfUtterance,
        ...(untilMs !== undefined && { untilMs }),
        answersFlush,
      });
    if (flush) this.#answered(flush, stream);
  }

  /** An adapter answers a flush in its server's stead, which has not heard what it was asked about, nor anything since. */
  #isNoAnswer({ answersFlush, untilMs }: FinalEvent, stream: MemberStream): boolean {
    const [flush] = this.#flushes;
    if (answersFlush !== true || untilMs === undefined || !flush) return false;
    if (stream.signs.any && stream.signs.lastMs > flush.madeMs) return false;
    return this.#position(untilMs, stream) + answerSlackMs < flush.atMs;
  }

  #dealtWith(untilMs: number | undefined, saidUntilMs: number | undefined): void {
    this.#saidUntilMs = Math.max(this.#saidUntilMs, saidUntilMs ?? 0);
    if (untilMs === undefined) return;
    this.#dealtMs = Math.max(this.#dealtMs, untilMs);
    this.#audio.forget(this.#dealtMs - leadInMs);
  }

  #answered({ madeMs, stream: asked }: Flush, stream: MemberStream): void {
    this.#watchFlushes();
    if (this.#closed || this.#current !== stream) return;
    // An answer that another stream was asked for tells nothing about this one's speed.
    this.#judgeLatency(stream.member, asked === stream ? this.#clock.nowMs() - madeMs : null);
    this.#moveIfIdle();
  }

  #judgeLatency(member: Member<SpeechToText>, latencyMs: number | null): void {
    if (!this.#options.lineUp.answered(member, latencyMs) || latencyMs === null) return;
    const { slaBreaches } = this.#options.supervision;
    this.#complaint = `Its finals took longer than ${member.slaMs} ms ${slaBreaches} times in a row, ${Math.round(latencyMs)} ms at last.`;
  }

  /** Between two utterances: leaves a member that was too slow, and goes back to a better one that is well again. */
  #moveIfIdle(): void {
    this.#nextLookMs = this.#clock.nowMs() + lookEveryMs;
    const current = this.#current;
    if (!current || this.#outage || this.#isBusy) return;
    const { lineUp } = this.#options;
    const { members } = lineUp;
    const best = lineUp.candidates().find((member) => !this.#refusing.has(member));
    if (!best || best === current.member) {
      this.#complaint = null;
      return;
    }
    const isBetter = members.indexOf(best) < members.indexOf(current.member);
    if (this.#complaint === null && !isBetter) return;
    const cause = this.#complaint ?? `${best.provider.name} works again.`;
    this.#reportFailover(current.member, best, cause);
    this.#dismiss(current);
    this.#open(best);
  }

  #failed(error: ProviderError, stream: MemberStream, waits = true): void {
    if (this.#closed) return;
    const { supervision, random } = this.#options;
    const nowMs = this.#clock.nowMs();
    this.#dismiss(stream);
    const livedMs = nowMs - stream.openedMs;
    if (stream.signs.any) this.#shortLives = livedMs < supervision.stallTimeoutMs ? this.#shortLives + 1 : 0;
    // One that gave no sign for so long, and no error, was not asked for any.
    if (livedMs > supervision.budgetMs) this.#outage = null;
    this.#outage ??= new Outage(nowMs, stream.signs.any ? 0 : 1, { supervision, random });
    const delayMs = this.#shortLives > maxShortLives ? null : this.#outage.repeatInMs(error, nowMs);
    if (delayMs === null) this.#moveOn(error, stream.member, this.#outage);
    else this.#repeat(error, stream.member, this.#outage, waits ? delayMs : 0);
  }

  #repeat(error: ProviderError, member: Member<SpeechToText>, outage: Outage, delayMs: number): void {
    this.#report({ type: 'error', error });
    this.#report({
      type: 'reconnect',
      kind: 'stt',
      provider: member.provider.name,
      attempt: outage.repetition,
    });
    if (this.#closed) return;
    outage.repeats();
    this.#retry = this.#clock.setTimer(delayMs, () => {
      this.#retry = null;
      this.#open(member);
    });
  }

  #moveOn(error: ProviderError, from: Member<SpeechToText>, outage: Outage): void {
    const { lineUp } = this.#options;
    lineUp.failed(from, error);
    outage.moves(from);
    if (!error.retryable) this.#refusing.add(from);
    this.#shortLives = 0;
    const isUntried = (member: Member<SpeechToText>): boolean => !outage.failed.has(member);
    const next = lineUp.candidates().find(isUntried) ?? lineUp.members.find(isUntried);
    if (!next) return this.#giveUp(error);
    this.#report({ type: 'error', error });
    this.#reportFailover(from, next, error.message);
    this.#open(next);
  }

  #giveUp(error: ProviderError): void {
    this.#emit({ type: 'error', error });
    void this.close();
  }

  #watchSilence(): void {
    const current = this.#current;
    if (!current || !this.#options.traits.of(current.member).tellsHeard) return;
    const limitMs = this.#patience.silenceMs(current.signs, this.#flushes.length > 0);
    if (current.signs.silentMs(this.#clock.nowMs()) >= limitMs) this.#replaceSilent(current);
  }

  #watchFlushes(): void {
    this.#deadline?.cancel();
    this.#deadline = null;
    const current = this.#current;
    const [flush] = this.#flushes;
    if (this.#closed || !current || !flush) return;
    const limitMs = this.#patience.answerMs(current.member, current.signs);
    const dueMs = Math.max(flush.madeMs, current.openedMs) + limitMs;
    this.#deadline = this.#clock.setTimer(dueMs - this.#clock.nowMs(), () => {
      const { name } = current.member.provider;
      this.#replace(current, `${name} did not answer a flush within ${Math.round(limitMs)} ms.`);
    });
  }

  #replaceSilent(stream: MemberStream): void {
    const silentMs = Math.round(stream.signs.silentMs(this.#clock.nowMs()));
    const { name } = stream.member.provider;
    this.#replace(stream, `${name} has given no sign of life for ${silentMs} ms of audio.`);
  }

  /** Does without a member's stream that has stalled: it has been waited for, so the next comes at once. */
  #replace(stream: MemberStream, message: string): void {
    const { name: provider } = stream.member.provider;
    this.#failed(new ProviderError(message, { kind: 'stt', provider, category: 'timeout' }), stream, false);
  }

  #dismiss(stream: MemberStream): void {
    this.#current = null;
    this.#complaint = null;
    this.#deadline?.cancel();
    this.#deadline = null;
    const closed = stream.close().finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }

  /** Somebody speaks or is waited for, as far as is known. */
  get #isBusy(): boolean {
    return this.#flushes.length > 0 || this.#hasPartial || this.#audio.isSpeaking;
  }

  #limitAudio(): void {
    const { endMs, startMs } = this.#audio;
    if (!this.#isBusy) this.#quietUntilMs = endMs;
    const limitMs = this.#isBusy ? keptMs : keptInSilenceMs;
    if (endMs - startMs > limitMs) this.#audio.forget(endMs - limitMs);
  }

  #reportLostAudio(): void {
    const lostMs = Math.round(this.#audio.startMs - Math.max(this.#dealtMs, this.#quietUntilMs));
    if (lostMs <= 0) return;
    this.#report({
      type: 'warning',
      code: 'stt_audio_dropped',
      message: `The recogniser is replaced, and only ${keptMs} ms of unfinished speech are kept: the ${lostMs} ms before are lost.`,
    });
  }

  /** A member's position in the whole call; never beyond what the call has said. */
  #position(untilMs: number, stream: MemberStream): number {
    return Math.min(stream.startMs + untilMs, this.#audio.endMs);
  }

  #reportFailover(from: Member<SpeechToText>, to: Member<SpeechToText>, cause: string): void {
    const names = { from: from.provider.name, to: to.provider.name };
    this.#report({ type: 'failover', kind: 'stt', ...names, cause });
  }

  #report(incident: ProviderIncident): void {
    if (!this.#closed) this.#options.stream.onIncident?.(incident);
  }

  #emit(event: SttEvent): void {
    if (!this.#closed) this.#options.stream.onEvent(event);
  }

  async #shutDown(): Promise<void> {
    this.#options.stream.signal.removeEventListener('abort', this.#onAbort);
    this.#retry?.cancel();
    this.#audio.forget(Infinity);
    if (this.#current) this.#dismiss(this.#current);
    await Promise.all(this.#closing);
  }
}
