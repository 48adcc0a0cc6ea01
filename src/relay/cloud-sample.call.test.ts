import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { encodeMulaw } from '../audio/g711.js';
import { systemClock } from '../core/clock.js';
import { appointmentDesk } from '../providers/local/llm/appointment-desk.js';
import { compareRuns } from '../replay/golden.js';
import { replayCall, type ReplayResult } from '../replay/replay-call.js';
import { localSpeechToText } from '../providers/local/stt/local-speech-to-text.js';
import { DeepgramSimulator } from '../simulators/deepgram/deepgram-simulator.js';
import { hearingOf } from '../simulators/recognised-hearing.js';
import {
  startElevenLabsSimulator,
  type ElevenLabsSimulator,
} from '../simulators/elevenlabs/elevenlabs-simulator.js';
import { answersOf } from '../simulators/openai/openai-script.js';
import { startOpenAiSimulator, type OpenAiSimulator } from '../simulators/openai/openai-simulator.js';
import { killExamples, startExample } from '../../test/harness/example-process.js';
import { fixturesFor } from '../../test/harness/recordings.js';
import { sideBySide } from '../../test/harness/side-by-side.js';
import type { TransportType } from '../transport/transport.js';

// Each example is a process of its own that loads the vendors' SDKs, and the call takes its time.
jest.setTimeout(180_000);

const keys = { DG: 'deepgram-key', OAI: 'openai-key', EL: 'elevenlabs-key' };
const ear = localSpeechToText();
const hearing = new AbortController();
let deepgram: DeepgramSimulator;
let openai: OpenAiSimulator;
let elevenlabs: ElevenLabsSimulator;

beforeAll(async () => {
  await ear.warmUp();
  // The simulators answer on the vendors' wires; what was said is recognised, and answered, by the embedded providers.
  deepgram = await DeepgramSimulator.start({ hearing: hearingOf(ear, hearing.signal), apiKey: keys.DG });
  openai = await startOpenAiSimulator({ answers: answersOf(appointmentDesk()), apiKey: keys.OAI });
  elevenlabs = await startElevenLabsSimulator({ apiKey: keys.EL });
});

afterAll(async () => {
  killExamples();
  hearing.abort();
  await Promise.all([deepgram.close(), openai.close(), elevenlabs.close(), ear.close()]);
});

interface SampleRun {
  readonly result: ReplayResult;
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a sample as it stands, calls it, and waits for its end. */
async function run(name: string, via: TransportType): Promise<SampleRun> {
  const { url, ended } = await startExample(name, {
    DEEPGRAM_BASE_URL: deepgram.baseUrl,
    OPENAI_BASE_URL: openai.baseUrl,
    ELEVENLABS_BASE_URL: elevenlabs.baseUrl,
    ...keys,
  });
  const result = await replayCall({
    url,
    via,
    events: { token: undefined },
    clock: systemClock,
    recordings: await fixturesFor(via, 'book-my-appointment', 'reschedule-for-friday'),
  });
  return { result, ...(await ended) };
}

const beside = sideBySide();

describe('the samples with cloud providers, as written', () => {
  const runs = new Map<TransportType, SampleRun>();

  for (const [name, via] of [
    ['cloud-phone-session.mjs', 'twilio'],
    ['cloud-web-session.mjs', 'webrtc'],
  ] as const)
    beside(`${name} holds a call through the vendors’ SDKs and ends by itself`, async () => {
      const sample = await run(name, via);
      runs.set(via, sample);
      const { result, code, stdout, stderr } = sample;
      expect({ code, stdout, stderr }).toEqual({
        code: 0,
        stdout: 'book my appointment\nreschedule for friday\n',
        stderr: '',
      });
      expect(result.events[0]).toMatchObject({
        type: 'session.start',
        transport: via,
        providers: { stt: 'deepgram', llm: 'openai', tts: 'elevenlabs' },
      });
      const turns = result.events.flatMap((event) => (event.type === 'turn.end' ? event : []));
      expect(turns.map(({ heardText }) => heardText)).toEqual([
        'Which day suits you?',
        'What time on Friday?',
      ]);
      expect(turns.map(({ latency }) => latency.ear)).toEqual(['measured', 'measured']);
      expect(result.turns.every(({ answered }) => answered)).toBe(true);
    });

  it('give the same lanes over phone and browser', () => {
    const [phone, web] = [runs.get('twilio'), runs.get('webrtc')];
    expect(compareRuns(phone!.result.events, web!.result.events)).toMatchObject({ equal: true });
  });

  it('send a phone’s mulaw to the recogniser as it came, byte for byte', () => {
    const sentAs = deepgram.connections.map(({ query }) => query.format.encoding);
    expect(sentAs.toSorted()).toEqual(['linear16', 'mulaw']);
    const phone = deepgram.connections[sentAs.indexOf('mulaw')];
    const said = Buffer.from(encodeMulaw(runs.get('twilio')!.result.recording!.caller));
    const received = phone!.audio;
    expect(received.length).toBeGreaterThan(8 * 5000);
    expect(said.includes(received.subarray(0, 8 * 5000))).toBe(true);
  });

  it('keep to the vendors’ protocols, and show no key', () => {
    expect([...deepgram.problems, ...openai.problems, ...elevenlabs.problems]).toEqual([]);
    const shown = JSON.stringify([...runs.values()]);
    for (const key of Object.values(keys)) expect(shown).not.toContain(key);
  });
});
