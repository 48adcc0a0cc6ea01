import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ElevenLabsVoices, elevenLabsKey } from '../../../test/harness/elevenlabs-voices.js';
import { phoneFormat, sentences, webFormat, SpokenAnswer } from '../../../test/harness/spoken-answer.js';
import { startElevenLabsSimulator } from '../../simulators/elevenlabs/elevenlabs-simulator.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';

let voices: ElevenLabsVoices;

beforeAll(async () => {
  voices = await ElevenLabsVoices.start();
});
beforeEach(() => voices.reset());
afterEach(() => voices.closeProviders());
afterAll(() => voices.close());

describe('the sockets of ElevenLabs', () => {
  it('carry one answer after another, each in its own context', async () => {
    const tts = voices.create();
    for (let turn = 0; turn < 8; turn++) await new SpokenAnswer(tts).speak(sentences);
    expect(voices.simulator.connections).toBe(1);
    expect(voices.simulator.mostContexts).toBe(1);
    expect(voices.simulator.problems).toEqual([]);
  });

  it('carry one answer at a time', async () => {
    const tts = voices.create();
    await Promise.all([1, 2, 3].map(() => new SpokenAnswer(tts).speak(sentences)));
    expect(voices.simulator.connections).toBe(3);
    await new SpokenAnswer(tts).speak(sentences);
    expect(voices.simulator.connections).toBe(3);
  });

  it('carry one format each', async () => {
    const tts = voices.create();
    await new SpokenAnswer(tts, phoneFormat).speak(sentences);
    await new SpokenAnswer(tts, webFormat).speak(sentences);
    expect(voices.simulator.connections).toBe(2);
    expect(tts.openSockets).toBe(2);
  });

  it('hold at most five contexts and give no stale audio in fifty barge-ins', async () => {
    const tts = voices.create();
    for (let turn = 0; turn < 50; turn++) {
      voices.simulator.failNext({ fault: 'stale_audio' });
      const cut = new SpokenAnswer(tts);
      for (const sentence of sentences) cut.stream.write(sentence);
      await cut.first('audio');
      cut.stream.close();
      const after = cut.events.length;
      voices.simulator.sentAudio.length = 0;
      const next = await new SpokenAnswer(tts).speak(['Go on.']);
      expect(next.error).toBeNull();
      expect(cut.events).toHaveLength(after);
      const spoken = voices.simulator.sentAudio.filter((piece) => next.bytes.includes(piece));
      expect(next.bytes.length).toBe('Go on. '.length * 480);
      expect(spoken.length).toBeGreaterThan(0);
    }
    expect(voices.simulator.mostContexts).toBeLessThanOrEqual(5);
    expect(voices.simulator.problems).toEqual([]);
  });

  it('are opened again after the server has restarted', async () => {
    const tts = voices.create();
    await new SpokenAnswer(tts).speak(sentences);
    const gone = new SpokenAnswer(tts);
    gone.stream.write(sentences[0]!);
    await gone.first('audio');
    voices.simulator.dropSockets();
    await gone.first('error');
    expect(gone.error).toMatchObject({ category: 'connection' });
    expect((await new SpokenAnswer(tts).speak(sentences)).error).toBeNull();
  });

  it('are opened when the caller begins to speak, not by the answer', async () => {
    const tts = voices.create();
    await voices.preconnect(tts, 1);
    tts.preconnect(phoneFormat);
    expect(tts.openSockets).toBe(1);
    await new SpokenAnswer(tts).speak(sentences);
    expect(voices.simulator.connections).toBe(1);
    // The next answer does not wait if the server has closed idle sockets.
    voices.simulator.dropSockets();
    while (tts.openSockets > 0) await nextTurn();
    await voices.preconnect(tts, 2);
    await new SpokenAnswer(tts).speak(sentences);
    expect(voices.simulator.connections).toBe(2);
  });

  it('stay open for minutes between two answers', async () => {
    const clock = new VirtualClock();
    const tts = voices.create({ clock });
    await new SpokenAnswer(tts).speak(sentences);
    for (let minute = 1; minute <= 4; minute++) {
      clock.advance(60_000);
      tts.preconnect(phoneFormat);
      await new SpokenAnswer(tts).speak(sentences);
    }
    expect(voices.simulator.connections).toBe(1);
  });

  it('are not opened ahead for an unsupported format or by a closed provider', async () => {
    const tts = voices.create();
    tts.preconnect({ encoding: 'mulaw', sampleRateHz: 16000 });
    await tts.close();
    tts.preconnect(phoneFormat);
    expect(tts.openSockets).toBe(0);
  });

  it('are replaced once they hold five contexts that the server does not end', async () => {
    const endless = await startElevenLabsSimulator({
      apiKey: elevenLabsKey,
      manners: { final: 'missing' },
      pace: { firstAudioMs: 0, pieceMs: 0 },
    });
    const clock = new VirtualClock();
    const tts = voices.create({ clock, baseUrl: endless.baseUrl });
    for (let turn = 0; turn < 12; turn++) {
      tts.preconnect(phoneFormat);
      const cut = new SpokenAnswer(tts);
      cut.stream.write(sentences[0]!);
      await cut.first('audio');
      cut.stream.close();
    }
    expect(endless.problems).toEqual([]);
    expect(endless.mostContexts).toBeLessThanOrEqual(5);
    expect([endless.connections, tts.openSockets]).toEqual([3, 3]);
    // Full sockets are closed; the one that can still be used stays.
    clock.advance(15_000);
    expect(tts.openSockets).toBe(1);
    await tts.close();
    await endless.close();
  });

  it('are kept alive, and closed after five minutes without use', async () => {
    const clock = new VirtualClock();
    const tts = voices.create({ clock });
    await tts.warmUp();
    expect(tts.openSockets).toBe(1);
    clock.advance(299_000);
    expect(tts.openSockets).toBe(1);
    expect((await new SpokenAnswer(tts).speak(sentences)).error).toBeNull();
    expect(voices.simulator.problems).toEqual([]);
    clock.advance(315_000);
    expect(tts.openSockets).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('are closed with the provider, and its answers then fail', async () => {
    const tts = voices.create();
    const answer = new SpokenAnswer(tts);
    answer.stream.write(sentences[0]!);
    await answer.first('audio');
    await tts.close();
    await tts.close();
    expect(answer.error).toMatchObject({ category: 'aborted' });
    expect((await new SpokenAnswer(tts).speak(sentences)).error).toMatchObject({ category: 'aborted' });
    expect(tts.openSockets).toBe(0);
  });

  it('are opened by the warm-up, which reports a refused key', async () => {
    const tts = voices.create();
    await tts.warmUp();
    await new SpokenAnswer(tts).speak(sentences);
    expect(voices.simulator.connections).toBe(1);
    await expect(voices.create({ apiKey: 'el-wrong' }).warmUp()).rejects.toMatchObject({
      category: 'auth',
      message: expect.stringContaining('ELEVENLABS_API_KEY'),
    });
  });
});
