/**
 * Hostile inputs at every route that is open to outsiders, in real time: no request may fail, no call may be left behind, and
 * nothing may block the relay's event loop for longer than {@link stallMs}. The machine may be busy, so a stall counts only if
 * the same inputs cause it three times in a row.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../dist/core/clock.js';
import { HostileInputs } from '../../build/harness/hostile-inputs.js';
import { postHostileForm, postHostileOffer, streamHostileMedia } from '../../build/harness/outside-attack.js';
import { offerConnection } from '../../dist/transport/webrtc/offering-peer.js';
import { progress } from '../measuring/progress.js';
import { callFromBrowser } from './browser-visitor.js';

/** Limit of a block of the event loop: one audio frame of a call. */
const stallMs = 20;
const attempts = 3;
const authToken = 'the account’s token';

/** Attacks with the inputs of one seed; each is short, so that its seed reproduces a stall. */
const attacks = {
  webhooks: async (at, inputs, problems) => {
    for (let i = 0; i < 40; i++) {
      const status = await postHostileForm(at, inputs);
      if (status >= 500) problems.push(`webhooks: a form was answered with ${status}`);
    }
  },
  media: async (at, inputs) => {
    for (let i = 0; i < 4; i++) await streamHostileMedia(at, inputs, 200);
  },
  offers: async (at, inputs, problems) => {
    for (let i = 0; i < 10; i++) {
      const status = await postHostileOffer(at, inputs, at.offer);
      if (status === 500) problems.push(`offers: an offer was answered with ${status}`);
    }
  },
  channel: async (at, inputs) => {
    const { connection, ended } = await callFromBrowser(at.url);
    for (let i = 0; i < 200; i++) {
      connection.sendText(inputs.pageMessage());
      if (i % 20 === 0) await wait(5);
    }
    connection.close();
    await ended;
  },
  model: async (at, inputs) => {
    for (let i = 0; i < 4; i++) await streamHostileMedia(at, inputs, 20, { isProper: true });
  },
};

/** Attacks each route with `seeds` seeds; resolves with problems and figures. */
export async function fuzz({ seeds, silent }) {
  const problems = [];
  const child = fork(fileURLToPath(new URL('fuzz-relay.js', import.meta.url)), [authToken], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: ['--expose-gc'],
  });
  let isOver = false;
  child.once('exit', (code, signal) => {
    if (!isOver) problems.push(`the relay's process ended by itself (${signal ?? code})`);
    isOver = true;
  });
  const heard = async (message) => {
    if (message) child.send(message);
    const [answer] = await once(child, 'message');
    return answer;
  };
  const { url } = await heard(null);
  const { offer, connection } = await offerConnection({ clock: systemClock, bindAddress: '127.0.0.1' });
  connection.close();
  const at = { url, clock: systemClock, authToken, offer };
  const longestMs = {};
  let last = { sessions: 0, residentMb: 0 };
  const { step } = progress('fuzz', seeds * Object.keys(attacks).length, { silent });
  for (let seed = 1; seed <= seeds && !isOver; seed++) {
    for (const [door, attack] of Object.entries(attacks)) {
      // The shortest attempt is the cost of the inputs themselves.
      let ownMs = Infinity;
      for (let attempt = 0; attempt < attempts && ownMs > stallMs && !isOver; attempt++) {
        await heard({ type: 'watch', seed, speaks: door === 'model' });
        await attack(at, new HostileInputs(seed), problems).catch((thrown) =>
          problems.push(`${door}, seed ${seed}: ${thrown.message}`),
        );
        last = await heard({ type: 'tell' });
        ownMs = Math.min(ownMs, last.longestMs);
      }
      longestMs[door] = Math.max(longestMs[door] ?? 0, ownMs);
      if (ownMs > stallMs)
        problems.push(`${door}, seed ${seed}: the event loop was blocked for ${ownMs.toFixed(1)} ms`);
      step();
    }
  }
  // Started calls end within the time-outs of their connections.
  for (let look = 0; look < 40 && last.sessions > 0 && !isOver; look++) {
    await wait(500);
    last = await heard({ type: 'tell' });
  }
  if (last.sessions > 0) problems.push(`${last.sessions} sessions of disconnected attackers are left`);
  isOver = true;
  child.disconnect();
  return { problems, figures: { seeds, longestMs, residentMb: last.residentMb } };
}
