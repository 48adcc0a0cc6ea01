/** Callers who hang up at every stage of a call, in virtual time: everything ends, and nothing stays behind. */
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { delay } from '../../dist/core/clock.js';
import { postWebhook } from '../../dist/simulators/phone/simulated-phone-webhook.js';
import { VirtualRelay } from '../../dist/drills/virtual-call.js';
import { progress } from '../measuring/progress.js';
import { brokenPromises } from './call-problems.js';
import { desk } from './desk.js';
import { recordings } from './recordings.js';
import { heldResources, leftSince } from './resources.js';
import { scriptedModel } from './scripted-model.js';
import { warmVoices } from './warm-voices.js';

/** Durations of the scripted model's first token and of its tool. */
const thinkingMs = 1000;
const toolMs = 2000;

const inTurn = (type, turn) => (event) => event.type === type && event.turn === turn;

/** When the caller hangs up: a time after an event. */
const stages = [
  { stage: 'greeting', when: inTurn('tts.audio_start', 0), afterMs: 400 },
  { stage: 'caller speaking', when: inTurn('speech.start', 1), afterMs: 300 },
  { stage: 'awaiting final', when: inTurn('speech.end', 1) },
  { stage: 'model', when: inTurn('turn.start', 1), afterMs: thinkingMs / 2 },
  { stage: 'tool running', when: inTurn('llm.tool_call', 1), afterMs: toolMs / 2, withTool: true },
  { stage: 'synthesis', when: inTurn('llm.token', 1) },
  { stage: 'playing', when: inTurn('tts.audio_start', 1), afterMs: 700 },
  { stage: 'paused', when: inTurn('agent.paused', 0), bargeInMs: 800 },
  { stage: 'interrupted', when: inTurn('agent.interrupted', 0), bargeInMs: 800 },
  { stage: 'while the session ends', when: inTurn('tts.audio_start', 1), endsSession: true },
  { stage: 'while the relay closes', when: inTurn('tts.audio_start', 1), closesRelay: true },
];

const rounds = 3;
const transports = ['twilio', 'webrtc'];

/** Hangs up `rounds` times at each stage; resolves with problems and figures. */
export async function hangUps({ silent }) {
  const before = heldResources();
  const voices = await warmVoices();
  const withVoices = heldResources();
  const problems = [];
  const early = [
    ...transports.map((via) => ({ stage: `ringing (${via})`, hangUp: (at) => hangUpRinging(at, via) })),
    ...['open', 'connected', 'torn down'].map((state) => ({
      stage: `before start (${state})`,
      hangUp: (at) => leaveSocket(at, state),
    })),
  ];
  const later = transports.flatMap((via) =>
    stages.map((stage) => ({
      ...stage,
      stage: `${stage.stage} (${via})`,
      hangUp: (at) => hangUpDuring(at, stage, via),
    })),
  );
  const plan = [...early, ...later];
  const { step } = progress('hang-ups', plan.length * rounds, { silent });
  for (const { stage, hangUp, withTool = false } of plan) {
    for (let round = 0; round < rounds; round++) {
      const found = await oneHangUp(voices, withTool, hangUp);
      const left = await leftSince(withVoices);
      if (left) found.push(`there are still ${left}`);
      problems.push(...found.map((problem) => `${stage}: ${problem}`));
      step();
    }
  }
  await voices.close();
  const left = await leftSince(before);
  if (left) problems.push(`after the workers' end there are still ${left}`);
  return { problems, figures: { stages: plan.map(({ stage }) => stage), rounds } };
}

/** Runs one hang-up on a new relay; resolves with its problems. */
async function oneHangUp(voices, withTool, hangUp) {
  // The model needs the relay's clock, which exists only after the relay; so the config is made for each call.
  let clock = null;
  const tools = withTool ? { look_up: slowTool(() => clock) } : {};
  const session = {
    agent: { ...desk.agent, tools },
    llm: { name: 'scripted', generate: (request) => scriptedModel(clock, thinkingMs).generate(request) },
  };
  const at = await VirtualRelay.start(voices, session);
  clock = at.clock;
  const problems = [];
  try {
    problems.push(...(await hangUp(at)));
    // Tools and closing handshakes may end shortly after the caller.
    await at.run(delay(clock, toolMs));
    if (at.relay.sessions.length > 0) problems.push('the session is still there');
    if (clock.pendingTimers > 0) problems.push(`${clock.pendingTimers} timers are still set`);
    problems.push(...brokenPromises(at.events));
  } catch (error) {
    problems.push(error.message);
  }
  await at.close();
  return problems;
}

/** A slow tool that stops when its signal aborts. */
function slowTool(clock) {
  return {
    description: 'Looks for free hours.',
    parameters: z.object({}),
    execute: async (_args, { signal }) => {
      await delay(clock(), toolMs, signal);
      return 'two free hours';
    },
  };
}

async function hangUpRinging(at, via) {
  const caller = new globalThis.AbortController();
  const call = at.call({
    via,
    recordings: await recordings(['book-my-appointment'], via),
    signal: caller.signal,
    // The request has been sent but not answered.
    onCaller: () => queueMicrotask(() => caller.abort(new Error('The caller hung up.'))),
  });
  const outcome = await at.run(
    call.then(
      () => 'answered',
      () => 'hung up',
    ),
  );
  return outcome === 'hung up' ? [] : ['the call was answered anyway'];
}

/** Opens the media socket and leaves it before its start. */
async function leaveSocket(at, state) {
  const { clock, relay } = at;
  const fields = { CallSid: `CA${'5'.repeat(32)}`, From: '+15550100001', To: '+15550100002' };
  const url = new URL('/twilio/voice', relay.url).href;
  const twiml = await postWebhook({ clock, url, fields, authToken: undefined, signal: undefined });
  const socket = new WebSocket(/url="([^"]+)"/.exec(twiml)[1], { perMessageDeflate: false });
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
  if (state !== 'open')
    socket.send(JSON.stringify({ event: 'connected', protocol: 'Call', version: '1.0.0' }));
  const closed = new Promise((resolve) => socket.on('close', resolve));
  if (state === 'torn down') socket.terminate();
  else socket.close();
  await closed;
  // The relay notices over a real wire, for which the virtual clock does not wait.
  for (let look = 0; look < 100 && clock.pendingTimers > 0; look++) await wait(10);
  return [];
}

async function hangUpDuring(at, { when, afterMs = 0, bargeInMs, endsSession, closesRelay }, via) {
  const caller = new globalThis.AbortController();
  let reached = false;
  const onEvent = (event) => {
    if (reached || !when(event)) return;
    reached = true;
    const hangUp = () => {
      if (endsSession) void at.relay.session(event.sessionId).end();
      if (closesRelay) void at.relay.close();
      caller.abort(new Error('The caller hung up.'));
    };
    if (afterMs > 0) at.clock.setTimer(afterMs, hangUp);
    else hangUp();
  };
  const said = bargeInMs === undefined ? 'book-my-appointment' : 'stop-and-cancel';
  const call = at.call({
    via,
    recordings: await recordings([said], via),
    signal: caller.signal,
    onEvent,
    ...(bargeInMs !== undefined && { behaviour: { bargeInMs } }),
  });
  const { events } = await at.run(call);
  if (!reached) return ['the call never reached this stage'];
  const expected = endsSession ? ['ended'] : closesRelay ? ['shutdown'] : ['hangup'];
  const { reason } = events.at(-1) ?? {};
  return expected.includes(reason) ? [] : [`the session ended with ${reason}`];
}
