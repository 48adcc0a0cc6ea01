import { afterEach, describe, expect, it } from '@jest/globals';
import type {
  Heard,
  HeardMark,
  Transport,
  TransportEndReason,
  TransportListener,
  TransportWarning,
} from '#src/transport/transport.js';

/** Playout positions; `to` is exclusive. */
export type Range = readonly [from: number, to: number];

/** A transport with its far end, in virtual time. */
export interface TransportPair {
  readonly transport: Transport;
  /** Samples for playout positions at the transport's output rate; no two stretches are alike. */
  content(from: number, to: number): Int16Array;
  /** Fails unless the far end has heard exactly these stretches of the content, in this order, within its codec's accuracy. */
  expectHeard(ranges: readonly Range[]): void;
  /** The far end sends speech for `ms`. */
  say(ms: number): void;
  /** Whether the far end's audio, including silence, reaches the transport. @default true */
  setUplink(isOpen: boolean): void;
  /** Moves time on, while messages arrive. */
  pass(ms: number): Promise<void>;
  /** The far end ends the call. */
  hangUp(): Promise<void>;
  /** Ends everything. Fails if a timer is left. */
  dispose(): Promise<void>;
}

class Witness implements TransportListener {
  readonly ends: TransportEndReason[] = [];
  readonly heard: HeardMark[] = [];
  readonly media: string[] = [];
  frames = 0;
  samples = 0;
  eventsAfterEnd = 0;

  onAudio(frame: { readonly samples: Int16Array }): void {
    this.#count();
    this.frames += 1;
    this.samples += frame.samples.length;
  }

  onHeard(mark: HeardMark): void {
    this.#count();
    this.heard.push(mark);
  }

  onDtmf(): void {
    this.#count();
  }

  onTypedText(): void {
    this.#count();
  }

  onWarning({ code }: TransportWarning): void {
    this.#count();
    if (code === 'media_stopped') this.media.push('stopped');
  }

  onMediaResumed(gapMs: number): void {
    this.#count();
    this.media.push(`resumed after ${Math.floor(gapMs / 1000)} s`);
  }

  onEnd(reason: TransportEndReason): void {
    this.ends.push(reason);
  }

  #count(): void {
    if (this.ends.length > 0) this.eventsAfterEnd += 1;
  }
}

/**
 * The conformance suite of transports: call it in a test file with a function that makes a transport and its far end. For
 * Jest only. Times are multiples of 20 ms, so that transports that pace in frames can be exact.
 */
export function transportContract(name: string, connect: () => Promise<TransportPair>): void {
  describe(`${name} as a transport`, () => {
    const open: TransportPair[] = [];
    afterEach(async () => {
      for (const pair of open.splice(0)) await pair.dispose();
    });

    async function begin(): Promise<
      TransportPair & { readonly witness: Witness; at(ms: number): number; play(ms: number): void }
    > {
      const pair = await connect();
      open.push(pair);
      const { transport } = pair;
      const witness = new Witness();
      transport.start(witness);
      const { sampleRateHz } = transport.outputFormat;
      const at = (ms: number): number => (ms / 1000) * sampleRateHz;
      const play = (ms: number): void => {
        const from = transport.queuedSamples;
        transport.play({ samples: pair.content(from, from + at(ms)), sampleRateHz });
      };
      return Object.assign(pair, { witness, at, play });
    }

    async function answered(pair: TransportPair, asked: Promise<Heard>): Promise<Heard> {
      const answers: Heard[] = [];
      void asked.then((heard) => answers.push(heard));
      await pair.pass(260);
      const [answer] = answers;
      if (!answer) throw new Error('There was no answer within 250 ms.');
      return answer;
    }

    it('delivers the far end’s audio at the input rate', async () => {
      const pair = await begin();
      pair.say(400);
      await pair.pass(400);
      expect(pair.witness.samples).toBeGreaterThanOrEqual(0.4 * pair.transport.inputFormat.sampleRateHz);
    });

    it('reports within 3 s that the caller’s audio has stopped, once for each gap, and that it is back', async () => {
      const pair = await begin();
      pair.say(200);
      await pair.pass(400);
      pair.setUplink(false);
      await pair.pass(2600);
      expect([pair.witness.media, pair.transport.mediaStopped]).toEqual([[], false]);
      await pair.pass(500);
      expect([pair.witness.media, pair.transport.mediaStopped]).toEqual([['stopped'], true]);
      await pair.pass(2500);
      pair.setUplink(true);
      pair.say(200);
      await pair.pass(400);
      expect(pair.witness.media).toEqual(['stopped', 'resumed after 5 s']);
      expect(pair.transport.mediaStopped).toBe(false);
      pair.setUplink(false);
      await pair.pass(3500);
      expect(pair.witness.media).toEqual(['stopped', 'resumed after 5 s', 'stopped']);
    });

    it('plays everything once and in order, in pieces of any size', async () => {
      const pair = await begin();
      for (const ms of [20, 500, 20, 20, 140]) pair.play(ms);
      expect(pair.transport.queuedSamples).toBe(pair.at(700));
      await pair.pass(900);
      pair.play(60);
      await pair.pass(200);
      pair.expectHeard([[0, pair.at(760)]]);
    });

    it('loses and repeats nothing when a pause resumes at the heard position', async () => {
      const pair = await begin();
      pair.play(1000);
      await pair.pass(300);
      const { positionSamples } = await answered(pair, pair.transport.pause());
      pair.expectHeard([[0, positionSamples]]);
      pair.transport.resume(positionSamples);
      await pair.pass(1200);
      pair.expectHeard([[0, pair.at(1000)]]);
    });

    it('repeats exactly the audio from the resume position', async () => {
      const pair = await begin();
      pair.play(1000);
      await pair.pass(400);
      const { positionSamples } = await answered(pair, pair.transport.pause());
      const from = positionSamples - pair.at(200);
      pair.transport.resume(from);
      await pair.pass(1500);
      pair.expectHeard([
        [0, positionSamples],
        [from, pair.at(1000)],
      ]);
    });

    it('holds new audio while paused', async () => {
      const pair = await begin();
      pair.play(200);
      await pair.pass(100);
      const { positionSamples } = await answered(pair, pair.transport.pause());
      pair.play(200);
      await pair.pass(400);
      pair.expectHeard([[0, positionSamples]]);
      pair.transport.resume(positionSamples);
      await pair.pass(600);
      pair.expectHeard([[0, pair.at(400)]]);
    });

    it('gives the same answer to every pause while paused', async () => {
      const pair = await begin();
      pair.play(400);
      await pair.pass(100);
      const first = await answered(pair, pair.transport.pause());
      expect(await answered(pair, pair.transport.pause())).toEqual(first);
    });

    it('answers a pause when nothing plays', async () => {
      const pair = await begin();
      pair.play(100);
      await pair.pass(500);
      expect((await answered(pair, pair.transport.pause())).positionSamples).toBe(pair.at(100));
    });

    it('drops unheard audio at a clear, also while paused, and plays later audio', async () => {
      const pair = await begin();
      pair.play(600);
      await pair.pass(200);
      const first = await answered(pair, pair.transport.clear());
      pair.play(600);
      await pair.pass(200);
      const second = await answered(pair, pair.transport.pause());
      void pair.transport.clear();
      pair.transport.resume(0);
      pair.play(100);
      await pair.pass(500);
      pair.expectHeard([
        [0, first.positionSamples],
        [pair.at(600), second.positionSamples],
        [pair.at(1200), pair.at(1300)],
      ]);
    });

    it('reports a watched position when it is audible, once, and the end when all was played', async () => {
      const pair = await begin();
      pair.transport.watch(pair.at(40));
      pair.play(300);
      pair.transport.watch(pair.at(300));
      await pair.pass(200);
      expect(pair.witness.heard.map(({ positionSamples }) => positionSamples)).toEqual([pair.at(40)]);
      await pair.pass(1000);
      const [first, last] = pair.witness.heard;
      expect(pair.witness.heard).toHaveLength(2);
      expect(last?.positionSamples).toBe(pair.at(300));
      expect((last?.atMs ?? 0) - (first?.atMs ?? 0)).toBeCloseTo(260, 0);
    });

    it('keeps a watch through a pause and drops it at a clear', async () => {
      const pair = await begin();
      pair.play(600);
      pair.transport.watch(pair.at(400));
      pair.transport.watch(pair.at(580));
      await pair.pass(100);
      const { positionSamples } = await answered(pair, pair.transport.pause());
      expect(pair.witness.heard).toEqual([]);
      pair.transport.resume(positionSamples);
      await pair.pass(400);
      expect(pair.witness.heard.map((mark) => mark.positionSamples)).toEqual([pair.at(400)]);
      void pair.transport.clear();
      await pair.pass(2000);
      expect(pair.witness.heard).toHaveLength(1);
    });

    it('ends once as closed, however often it is closed', async () => {
      const pair = await begin();
      pair.play(400);
      await Promise.all([pair.transport.close(), pair.transport.close()]);
      await pair.transport.close();
      expect(pair.witness.ends).toEqual(['closed']);
    });

    it('ends once as a hang-up when the far end leaves, and reports nothing afterwards', async () => {
      const pair = await begin();
      pair.play(400);
      pair.transport.watch(pair.at(400));
      await pair.pass(100);
      await pair.hangUp();
      await pair.transport.close();
      expect(pair.witness.ends).toEqual(['hangup']);
      expect(pair.witness.eventsAfterEnd).toBe(0);
    });

    it('allows any method call after the end', async () => {
      const pair = await begin();
      await pair.transport.close();
      pair.play(100);
      pair.transport.watch(0);
      pair.transport.resume(0);
      await expect(answered(pair, pair.transport.pause())).resolves.toBeDefined();
      await expect(answered(pair, pair.transport.clear())).resolves.toBeDefined();
      expect(pair.witness.ends).toEqual(['closed']);
    });
  });
}
