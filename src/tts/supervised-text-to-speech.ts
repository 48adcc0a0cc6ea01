import type { AudioFormat, AudioFormats } from '../audio/audio-frame.js';
import type { Clock } from '../clock.js';
import { ConfigError } from '../errors.js';
import { Attempts } from '../supervisor/attempts.js';
import { closeMembers, probeMembers, warmUpMembers } from '../supervisor/every-member.js';
import { tooSlow } from '../supervisor/failure-cause.js';
import { LineUp, type Member } from '../supervisor/line-up.js';
import { MemberInUse } from '../supervisor/member-in-use.js';
import { defaultSupervision, type Supervision } from '../supervisor/supervision.js';
import { commonFormats, nearestFormat } from './common-formats.js';
import { SupervisedSpeechStream } from './supervised-speech-stream.js';
import type { TextToSpeech, TextToSpeechStream, TtsStreamOptions } from './text-to-speech.js';

export interface SupervisedTextToSpeechOptions {
  /** The fallback list, best first; at least one. They belong to the supervised voice, which closes them. */
  readonly members: readonly Member<TextToSpeech>[];
  readonly clock: Clock;
  /** @default defaultSupervision */
  readonly supervision?: Partial<Supervision>;
  /** Gives 0 to 1, for jitter. @default Math.random */
  readonly random?: () => number;
}

/** See {@link supervisedTextToSpeech}. */
export class SupervisedTextToSpeech implements TextToSpeech {
  /** That of the first member; errors and incidents name the member that they are about. */
  readonly name: string;
  /** What every member can give. */
  readonly produces: AudioFormats;
  readonly #lineUp: LineUp<TextToSpeech>;
  readonly #clock: Clock;
  readonly #supervision: Supervision;
  readonly #random: () => number;
  readonly #inUse: MemberInUse<TextToSpeech>;

  /** Starts nothing. Throws a TypeError for a list without members, a ConfigError for one without a common sample rate. */
  constructor({ members, clock, supervision, random = Math.random }: SupervisedTextToSpeechOptions) {
    this.#clock = clock;
    this.#supervision = { ...defaultSupervision, ...supervision };
    this.#random = random;
    this.#lineUp = new LineUp(members, { clock, supervision: this.#supervision });
    this.#inUse = new MemberInUse('tts', this.#lineUp);
    this.name = members[0]?.provider.name ?? '';
    this.produces = commonFormats(members.map(({ provider }) => provider.produces)) ?? noCommonRate(members);
  }

  /** Warms all members; rejects only where all have failed. */
  warmUp(format?: AudioFormat): Promise<void> {
    return warmUpMembers('tts', this.#lineUp, (voice) =>
      voice.warmUp?.(format && nearestFormat(format, voice.produces)),
    );
  }

  /** Resolves where any member can be used. */
  probe(signal: AbortSignal): Promise<void> {
    return probeMembers('tts', this.#lineUp, signal);
  }

  /**
   * One answer, by whichever member speaks it. A member that fails is asked again, or the next one is, for what is left to
   * say: from the word on whose audio did not come completely, which may be heard twice. An `error` event comes where
   * nobody can go on.
   */
  open(options: TtsStreamOptions): TextToSpeechStream {
    const attempts = new Attempts(this.#lineUp, {
      clock: this.#clock,
      supervision: this.#supervision,
      random: this.#random,
    });
    if (!options.signal.aborted) this.#inUse.begin(attempts.member, options.onIncident);
    return new SupervisedSpeechStream({
      ...options,
      attempts,
      inUse: this.#inUse,
      clock: this.#clock,
      stallTimeoutMs: this.#supervision.stallTimeoutMs,
      onLatency: (member, latencyMs) => this.#noteLatency(member, latencyMs, options),
    });
  }

  /** Closes all members. Idempotent where they are. */
  close(): Promise<void> {
    return closeMembers(this.#lineUp);
  }

  #noteLatency(member: Member<TextToSpeech>, latencyMs: number, { onIncident }: TtsStreamOptions): void {
    if (!this.#lineUp.answered(member, latencyMs)) return;
    const [next = member] = this.#lineUp.candidates();
    this.#inUse.change(member, next, tooSlow, onIncident);
  }
}

function noCommonRate(members: readonly Member<TextToSpeech>[]): never {
  const names = members.map(({ provider }) => provider.name).join(', ');
  throw new ConfigError([
    {
      field: 'tts',
      problem: `The voices ${names} have no sample rate in common, so that one cannot go on for another.`,
      remedy: 'Use voices that all know 8000 Hz for the phone, or 24000 Hz for the web.',
    },
  ]);
}

/**
 * Voices that stand in for one another: time limits on the first audio and on silence in the middle, repetition, fallback by
 * failure and by latency, within an answer too. Itself a voice, shared by all sessions of a relay; whoever made it closes it.
 */
export function supervisedTextToSpeech(options: SupervisedTextToSpeechOptions): SupervisedTextToSpeech {
  return new SupervisedTextToSpeech(options);
}
