/** The test page in a real Firefox, with a relay on 127.0.0.1 and no other options, like a plain `hzrelay dev`. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { SessionEvent, SessionEventType } from '../events/session-event.js';
import { createRelay } from '../relay/create.js';
import type { Relay } from '../relay/relay.js';
import { Firefox } from '../../test/harness/firefox.js';
import { wordlessVoices } from '../../test/harness/wordless-voices.js';

let firefox: Firefox;
let relay: Relay;

beforeAll(async () => {
  firefox = await Firefox.launch();
});

afterEach(() => relay.close());

afterAll(() => firefox.close());

async function start(): Promise<void> {
  relay = createRelay({
    port: 0,
    session: {
      inbound: { type: 'webrtc' },
      stt: wordlessVoices.stt,
      tts: wordlessVoices.tts,
      llm: ({ messages }) => messages.findLast(({ role }) => role === 'user')?.content ?? '',
      agent: { systemPrompt: 'Say back what you were told.' },
      // The fake microphone's tone is no voice.
      turnTaking: { voiceThreshold: 0 },
    },
  });
  await relay.listen();
}

/** Resolves with the next event of this type. */
function next<T extends SessionEventType>(type: T): Promise<SessionEvent<T>> {
  return new Promise((resolve) => {
    const listener = (event: SessionEvent): void => {
      if (event.type !== type) return;
      relay.off('*', listener);
      resolve(event as SessionEvent<T>);
    };
    relay.on('*', listener);
  });
}

/** Exposes the peer connection to the test. */
const keepOffer = `() => {
  const Peer = RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Peer {
    constructor(...settings) {
      super(...settings);
      globalThis.peer = this;
    }
  };
}`;

const withoutMicrophone = `() => {
  (${keepOffer})();
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('No.', 'NotAllowedError'));
}`;

/** Presses Connect; resolves with the page's status when the call is up or has failed. */
async function connect(before: string): Promise<unknown> {
  await firefox.tab.open(`${relay.url}/`, before);
  return firefox.tab.evaluate(`new Promise((resolve) => {
    const status = document.getElementById('status');
    const look = () => {
      if (/^(?!Connecting|Waiting|Not connected$)/.test(status.textContent)) resolve(status.textContent);
      else if (document.querySelector('.problem.fatal')) resolve(document.getElementById('problems').innerText);
    };
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
    document.getElementById('call').click();
  })`);
}

/** Types a turn and sends it. */
function type(text: string): Promise<unknown> {
  return firefox.tab.evaluate(`
    document.getElementById('text').value = ${JSON.stringify(text)};
    document.getElementById('typing').requestSubmit();
  `);
}

/** The energy of the agent's voice that has been played so far. */
const heardEnergy = `peer.getStats().then((stats) =>
  [...stats.values()].filter(({ type }) => type === 'inbound-rtp').map(({ totalAudioEnergy }) => totalAudioEnergy)[0])`;

describe('Firefox at a relay on 127.0.0.1', () => {
  it('speaks, types, hears, and hangs up', async () => {
    await start();
    const speaking = next('speech.start');
    expect(await connect(keepOffer)).toBe('Live');
    // The fake microphone plays a continuous tone.
    await speaking;
    await firefox.tab.evaluate("document.getElementById('mute').click()");
    const answered = next('turn.end');
    await type('hello there');
    expect((await answered).heardText).toBe('hello there');
    expect(await firefox.tab.evaluate(heardEnergy)).toBeGreaterThan(0);
    const ended = next('session.end');
    await firefox.tab.evaluate("document.getElementById('call').click()");
    expect((await ended).reason).toBe('hangup');
  });

  it('connects without a microphone too, when it hides its addresses behind mDNS names', async () => {
    await start();
    expect(await connect(withoutMicrophone)).toBe('Live');
    expect(await firefox.tab.evaluate('peer.localDescription.sdp')).toMatch(/^a=candidate:.*\.local /m);
    const answered = next('turn.end');
    await type('hello there');
    expect((await answered).heardText).toBe('hello there');
  });
});
