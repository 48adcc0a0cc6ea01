/** One call of a simulated phone in real time, to a relay in another process. */
import { Buffer } from 'node:buffer';
import { get } from 'node:http';
import { systemClock } from '../../dist/clock.js';
import { AgentVoice, defaultManners, holdConversation } from '../../dist/replay/conversation.js';
import { SimulatedPhone } from '../../dist/replay/simulated-phone.js';
import { recordings } from '../soak/recordings.js';

const samplesPerMs = 8;
/** A silence longer than that lies between two answers and not within one. */
const longestGapMs = 1500;

/** Silence within answers that a phone heard because audio came late. */
class LateAudio {
  /** Length of each stretch of silence in milliseconds. */
  gapsMs = [];
  #endMs = null;

  /** Audio arrived that begins to play at `atMs`. */
  arrived(mulaw, atMs) {
    const gapMs = this.#endMs === null ? 0 : atMs - this.#endMs;
    if (gapMs > 0 && gapMs < longestGapMs) this.gapsMs.push(gapMs);
    this.#endMs = atMs + mulaw.length / samplesPerMs;
  }
}

/** Dials. `voice` is for `holdConversation`, `late` tells what came too late; whoever dialled hangs up. */
export async function dial(url) {
  const voice = new AgentVoice(systemClock);
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

/** A whole call: says the recordings, each when the agent has finished, and hangs up. */
export async function holdCall(url, says, { manners = {} } = {}) {
  const { phone, voice, late } = await dial(url);
  const recorded = await recordings(says);
  const turns = await holdConversation(phone, voice, recorded, systemClock, {
    ...defaultManners,
    ...manners,
  });
  await phone.hangUp();
  return { callSid: phone.callSid, turns, gapsMs: late.gapsMs };
}

/** The latency of every answer that the relay gave in these calls, as `GET /sessions` tells it. */
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
