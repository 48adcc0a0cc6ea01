import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { SessionEvent, SessionEventType } from '#src/events/session-event.js';
import { readRecordings } from '#src/replay/recordings.js';
import { createRelay } from '#src/relay/create.js';
import type { Relay } from '#src/relay/relay.js';
import type { SpeechToText } from '#src/providers/speech-to-text.js';
import { localSpeechToText } from '#src/providers/local/stt/local-speech-to-text.js';
import { webRtcUse } from '#src/transport/webrtc/native-webrtc.js';
import { framesOf } from '#src/simulators/caller-speech.js';
import { visitorRateHz, WeriftVisitor } from './harness/werift-visitor.js';

jest.setTimeout(180_000);

const greeting = 'Hello. How can I help you?';

const events: SessionEvent[] = [];
let look: () => void = () => undefined;
let relay: Relay;
let visitor: WeriftVisitor;

beforeEach(async () => {
  events.length = 0;
  relay = createRelay({
    port: 0,
    session: {
      inbound: { type: 'webrtc' },
      agent: { systemPrompt: 'You run an appointment desk.', greeting },
    },
    onSession: (session) =>
      session.on('*', (event) => {
        events.push(event);
        look();
      }),
  });
  await relay.listen();
  visitor = await WeriftVisitor.call(relay.url);
});
afterEach(async () => {
  await visitor.close();
  await relay.close();
  expect(webRtcUse()).toEqual({ leases: 0, nativeObjects: 0 });
});

/** Resolves with the first such event, past or future. */
function event<T extends SessionEventType>(type: T, turn: number): Promise<SessionEvent<T>> {
  return new Promise((resolve) => {
    look = () => {
      const found = events.find((one) => one.type === type && one.turn === turn);
      if (found) resolve(found as SessionEvent<T>);
    };
    look();
  });
}

async function recording(name: string): Promise<Int16Array> {
  const file = fileURLToPath(new URL(`../fixtures/audio/${name}.wav`, import.meta.url));
  const [read] = await readRecordings([file], visitorRateHz);
  return read!.samples;
}

/** The words as a grammar and a recogniser write them. */
function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z' ]+/g, ' ')
    .replace(/ +/g, ' ')
    .trim();
}

/** The sentences that are heard in the pieces of audio; empty where none is. */
async function recognise(
  pieces: readonly Int16Array[],
  sentences: readonly string[],
): Promise<readonly string[]> {
  const grammar = `#JSGF V1.0;\ngrammar agent;\npublic <sentence> = ${sentences.map(plain).join(' | ')};\n`;
  const recogniser = localSpeechToText({ grammar, workers: 1, maxDecoders: 1 });
  const heard: string[] = [];
  try {
    for (const samples of pieces) heard.push(await recogniseOne(recogniser, samples));
  } finally {
    await recogniser.close();
  }
  return heard;
}

function recogniseOne(recogniser: SpeechToText, samples: Int16Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const stream = recogniser.open({
      format: { encoding: 'linear16', sampleRateHz: visitorRateHz },
      signal: new AbortController().signal,
      onEvent: (told) => {
        if (told.type === 'final') void stream.close().then(() => resolve(told.text), reject);
        if (told.type === 'error') reject(told.error);
      },
    });
    let frames = 0;
    for (const frame of framesOf(samples, visitorRateHz)) {
      stream.write(frame);
      if (++frames === 25) stream.speechStarted?.();
    }
    stream.flush();
  });
}

describe('a visitor with another implementation of WebRTC', () => {
  it('holds a whole conversation, hears every word of the answer, and leaves', async () => {
    await event('tts.audio_end', 0);
    const greeted = visitor.heard;
    await visitor.say(await recording('book-my-appointment'));
    expect((await event('transcript.final', 1)).text).toBe('book my appointment');
    const { text: answer } = await event('llm.response', 1);
    const { latency, aborted } = await event('turn.end', 1);
    expect(aborted).toBeNull();
    expect(latency.mouth_to_ear_ms).toBeGreaterThan(0);
    const answered = visitor.heard.subarray(greeted.length);

    const sentences = [
      greeting,
      answer,
      'What are your opening hours',
      'Your appointment is cancelled. Goodbye.',
    ];
    expect(await recognise([greeted, answered], sentences)).toEqual([plain(greeting), plain(answer)]);

    const shown = visitor.messages.flatMap((message) => (message.type === 'event' ? [message.event] : []));
    expect(shown).toEqual(events);
    visitor.write(JSON.stringify({ type: 'text', text: 'friday' }));
    expect(await event('transcript.final', 2)).toMatchObject({ text: 'friday', typed: true });
    expect(await visitor.leave()).toBe(204);
    expect(await event('session.end', 2)).toMatchObject({ reason: 'hangup' });
  });
});
