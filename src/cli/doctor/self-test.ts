/**
 * Tests that need their own process, since native code may crash it or the test cannot be aborted. Takes the name of a
 * test as its argument; prints the result as JSON and exits.
 */
import { systemClock } from '../../core/clock.js';
import { createOpusDecoder } from '../../audio/opus-decoder.js';
import { createOpusEncoder } from '../../audio/opus-encoder.js';
import { messageOf } from '../../core/errors.js';
import { answerOffer } from '../../transport/webrtc/answering-peer.js';
import { resolveWebRtcOptions } from '../../transport/webrtc/ice-options.js';
import { readOffer } from '../../transport/webrtc/offer.js';
import { offerConnection } from '../../transport/webrtc/offering-peer.js';
import type { SelfTestName, SelfTestResult } from './run-self-test.js';

const tests: Readonly<Record<SelfTestName, () => Promise<void>>> = {
  /** Encodes and decodes a frame of a tone. */
  async opus() {
    const encoder = await createOpusEncoder();
    const decoder = await createOpusDecoder();
    const tone = Int16Array.from({ length: encoder.frameSamples }, (_, index) => 8000 * Math.sin(index / 8));
    let loudest = 0;
    for (let frame = 0; frame < 5; frame++)
      for (const sample of decoder.decode(encoder.encode(tone)) ?? [])
        loudest = Math.max(loudest, Math.abs(sample));
    encoder.close();
    decoder.close();
    if (loudest < 1000) throw new Error('An encoded tone is silent after decoding.');
  },

  /** A call over UDP from this process to itself. */
  async webrtc() {
    const offered = await offerConnection({
      clock: systemClock,
      bindAddress: '127.0.0.1',
      connectTimeoutMs: 5000,
    });
    const reading = readOffer(offered.offer);
    if (!reading.ok) throw new Error(reading.problem.message);
    const webrtc = resolveWebRtcOptions(undefined, true, []);
    const answered = await answerOffer(reading.offer, { clock: systemClock, webrtc });
    offered.accept(answered.answer);
    if (!(await offered.connection.connected))
      throw new Error('Two WebRTC connections on this machine cannot reach each other over UDP.');
  },

  /** Opens a session with ngrok, which checks the token; exposes nothing. */
  async ngrok() {
    const { default: ngrok } = await import('@ngrok/ngrok');
    const session = await new ngrok.SessionBuilder().authtokenFromEnv().connect();
    await session.close();
  },
};

async function resultOf(name: string | undefined): Promise<SelfTestResult> {
  const test = Object.entries(tests).find(([known]) => known === name)?.[1];
  if (!test) return { ok: false, message: `There is no self-test ${String(name)}.` };
  try {
    await test();
    return { ok: true };
  } catch (thrown) {
    const { errorCode } = thrown as { readonly errorCode?: unknown };
    return {
      ok: false,
      message: messageOf(thrown),
      ...(typeof errorCode === 'string' && { code: errorCode }),
    };
  }
}

const result = await resultOf(process.argv[2]);
// Native libraries would keep the process alive.
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
