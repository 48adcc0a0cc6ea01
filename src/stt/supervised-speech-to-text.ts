import type { AudioFormats } from '../audio/audio-frame.js';
import type { Clock } from '../clock.js';
import { warmUpMembers } from '../supervisor/every-member.js';
import { LineUp, type Member } from '../supervisor/line-up.js';
import { defaultSupervision, type Supervision } from '../supervisor/supervision.js';
import { KnownTraits } from './recogniser-traits.js';
import type { SpeechToText, SpeechToTextStream, SttStreamOptions } from './speech-to-text.js';
import { SupervisedStream } from './supervised-stream.js';

export interface SupervisedSpeechToTextOptions {
  /** In the order in which they are asked; at least one. Whoever made them closes them. */
  readonly members: readonly Member<SpeechToText>[];
  readonly clock: Clock;
  /** @default defaultSupervision */
  readonly supervision?: Partial<Supervision>;
  /** Gives 0 to 1, for the jitter of repetitions. @default Math.random */
  readonly random?: () => number;
}

/** A fallback list of recognisers that looks like one of them. */
export class SupervisedSpeechToText implements SpeechToText {
  /** The first member's. */
  readonly name: string;
  /** Any encoding that a member knows, since frames have samples in any case; rates that all know, or the first one's. */
  readonly accepts: AudioFormats;
  readonly finalTimeoutMs?: number;
  readonly #lineUp: LineUp<SpeechToText>;
  readonly #traits = new KnownTraits();
  readonly #clock: Clock;
  readonly #supervision: Supervision;
  readonly #random: () => number;

  /** Throws a TypeError for a list without members. Starts nothing. */
  constructor({ members, clock, supervision, random = Math.random }: SupervisedSpeechToTextOptions) {
    const [first] = members;
    if (!first) throw new TypeError('Speech to text needs at least one provider.');
    this.name = first.provider.name;
    this.accepts = acceptedBy(members.map(({ provider }) => provider.accepts));
    if (first.provider.finalTimeoutMs !== undefined) this.finalTimeoutMs = first.provider.finalTimeoutMs;
    this.#clock = clock;
    this.#supervision = { ...defaultSupervision, ...supervision };
    this.#random = random;
    this.#lineUp = new LineUp(members, { clock, supervision: this.#supervision });
  }

  /** Warms all members; rejects only where all have failed. */
  warmUp(): Promise<void> {
    return warmUpMembers('stt', this.#lineUp, (recogniser) => recogniser.warmUp?.());
  }

  open(options: SttStreamOptions): SpeechToTextStream {
    const stream = new SupervisedStream({
      lineUp: this.#lineUp,
      traits: this.#traits,
      clock: this.#clock,
      supervision: this.#supervision,
      random: this.#random,
      stream: options,
    });
    stream.start();
    return stream;
  }

  /** Ends what goes on in the background; members and open streams go on. Idempotent. */
  close(): Promise<void> {
    this.#lineUp.close();
    return Promise.resolve();
  }
}

/**
 * Speech to text that survives its providers: a stream that fails or stalls is opened again, or replaced by that of the next
 * member, and begins with the audio that has not been made final; no word is lost or said twice, and each flush is answered
 * once. It reports through `onIncident`, and gives an `error` only when all members have failed. Members that are slower
 * than their `slaMs` are left between two utterances, and taken again when they are well. Throws a TypeError for an empty
 * list.
 */
export function supervisedSpeechToText(options: SupervisedSpeechToTextOptions): SupervisedSpeechToText {
  return new SupervisedSpeechToText(options);
}

function acceptedBy(members: readonly AudioFormats[]): AudioFormats {
  const encodings = [...new Set(members.flatMap((formats) => formats.encodings))];
  const choosy = members.flatMap(({ sampleRatesHz: rates }) => (rates === 'any' ? [] : [rates]));
  const [first] = choosy;
  if (!first) return { encodings, sampleRatesHz: 'any' };
  const shared = first.filter((rateHz) => choosy.every((rates) => rates.includes(rateHz)));
  return { encodings, sampleRatesHz: shared.length > 0 ? shared : first };
}
