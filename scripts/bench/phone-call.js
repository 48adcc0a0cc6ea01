/** One call of a simulated phone in real time, to a relay in another process. */
import { Buffer } from 'node:buffer';
import { get } from 'node:http';
import { systemClock } from '../../dist/core/clock.js';
import { AgentVoice, defaultCallerBehaviour, holdConversation } from '../../dist/replay/conversation.js';
import { SimulatedPhone } from '../../dist/simulators/phone/simulated-phone.js';
import { recordings } from '../soak/recordings.js';

const samplesPerMs = 8;
/** A longer silence lies between two answers, not within one. */
const longestGapMs = 1500;

/** Silence within answers that the phone heard because audio arrived late. */
class LateAudio {
  /** Length of each stretch of silence in milliseconds. */
  gapsMs = [];
  #endMs = null;

  /** Records audio that begins to play at `atMs`. */
  arrived(mulaw, atMs) {
    const gapMs = this.#endMs === null ? 0 : atMs - this.#endMs;
    if (gapMs > 0 && gapMs < longestGapMs) this.gapsMs.push(gapMs);
    this.#endMs = atMs + mulaw.length / samplesPerMs;
  }
}

/** Measures mouth→ear at the phone, as the caller feels it: from the last audible sample of the words to the first audio back. */
class TimedVoice extends AgentVoice {
  /** One figure for each answer, in milliseconds. */
  earsMs = [];
  #mouthMs = null;

  /** The caller has said the last word. */
  restart() {
    super.restart();
    this.#mouthMs = systemClock.nowMs();
  }

  heard() {
    super.heard();
    if (this.#mouthMs !== null) this.earsMs.push(systemClock.nowMs() - this.#mouthMs);
    this.#mouthMs = null;
  }
}

/** Dials. `voice` is for `holdConversation`; `late` records late audio. The caller of this function hangs up. */
export async function dial(url) {
  const voice = new TimedVoice(systemClock);
  const late = new LateAudio();
  const onAudio = (mulaw, atMs) => {
    voice.heard();
    late.arrived(mulaw, atMs);
  };
  const voiceUrl = new URL('/twilio/voice', url).href;
  const phone = new SimulatedPhone({ voiceUrl, clock: systemClock, listener: { onAudio } });
  await phone.dial();
  return { phone, voice, late };
}

/** Holds a whole call: plays the recordings, each when the agent has finished, and hangs up. */
export async function holdCall(url, says, { behaviour = {} } = {}) {
  const { phone, voice, late } = await dial(url);
  const recorded = await recordings(says);
  const turns = await holdConversation(phone, voice, recorded, systemClock, {
    ...defaultCallerBehaviour,
    ...behaviour,
  });
  await phone.hangUp();
  return { callSid: phone.callSid, turns, gapsMs: late.gapsMs, earsMs: voice.earsMs };
}

/** The latency of every answer in these calls, from `GET /sessions`. */
export async function answersIn(url, callSids) {
  const { sessions } = await getJson(new URL('/sessions', url).href);
  return sessions
    .filter(({ callId }) => callSids.includes(callId))
    .flatMap(({ metrics }) => metrics.turns.map(({ latency }) => latency))
    .filter(({ mouth_to_ear_ms: total }) => total !== null);
}

function getJson(url) {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString())));
    }).on('error', reject);
  });
}
