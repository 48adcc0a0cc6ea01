/**
 * Processes that end while browsers are in a call. Native code runs in its own threads, and must neither crash nor hang when
 * the process ends. In real time, with real processes and signals.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { webRtcUse } from '../../dist/transport/webrtc/native-webrtc.js';
import { progress } from '../measuring/progress.js';
import { spread } from '../measuring/figures.js';
import { callFromBrowser, offerCall } from './browser-visitor.js';

/** A process that takes longer to end than this hangs. */
const endLimitMs = 5000;

const pathOf = (file) => fileURLToPath(new URL(file, import.meta.url));

/** Programs that run a relay, with their exit codes on SIGTERM. */
const programs = [
  { program: 'a program', args: [pathOf('relay-process.js')], code: 0 },
  { program: 'hzrelay dev', args: [pathOf('../../bin/hzrelay.js'), 'dev', '--port', '0'], code: 143 },
];

/** Situations before the signal; each resolves with the promises to await after the end. */
const ways = [
  {
    way: 'with live calls',
    run: async (url) => {
      const visitors = await Promise.all([1, 2, 3].map(() => callFromBrowser(url)));
      return { ended: visitors.map(({ ended }) => ended) };
    },
  },
  {
    way: 'after its callers were killed',
    run: async (url) => {
      const visitors = [1, 2].map(() => start([pathOf('visitor-process.js'), url]));
      await Promise.all(visitors.map(({ until }) => until(/connected/)));
      for (const { child } of visitors) child.kill('SIGKILL');
      await Promise.all(visitors.map(({ exit }) => exit));
      return { ended: [] };
    },
  },
  {
    way: 'right after an offer',
    run: async (url) => {
      const { connection } = await offerCall(url);
      connection.close();
      return { ended: [] };
    },
  },
  {
    way: 'while offers come in and connect',
    run: async (url) => {
      const offers = Array.from({ length: 5 }, async () => {
        const { accept, connection } = await offerCall(url);
        accept();
        return connection;
      });
      // Some are answered by now, some not; none may connect.
      await Promise.race(offers);
      return {
        ended: offers.map(async (offer) => {
          const connection = await offer.catch(() => null);
          connection?.close();
          return 'hangup';
        }),
      };
    },
  },
  {
    way: 'after all callers have hung up',
    run: async (url) => {
      const visitors = await Promise.all([1, 2, 3].map(() => callFromBrowser(url)));
      for (const { connection } of visitors) connection.close();
      return { ended: [] };
    },
  },
];

/** Ends a relay `rounds` times in each situation; resolves with problems and figures. */
export async function exits({ rounds, silent }) {
  const problems = [];
  const endMs = [];
  const { step } = progress('exits', ways.length * rounds, { silent });
  for (let round = 0; round < rounds; round++) {
    const program = programs[round % programs.length];
    for (const way of ways) {
      const { found, tookMs } = await oneExit(program, way);
      problems.push(...found.map((problem) => `${program.program}, ${way.way}: ${problem}`));
      endMs.push(tookMs);
      step();
    }
  }
  // The visitors release their native objects in this process shortly after their end.
  for (let look = 0; look < 100 && webRtcUse().leases > 0; look++) await wait(10);
  const { leases, nativeObjects } = webRtcUse();
  if (leases + nativeObjects > 0)
    problems.push(`callers left ${leases} leases and ${nativeObjects} native objects behind`);
  return {
    problems,
    figures: { exits: endMs.length, ways: ways.map(({ way }) => way), endMs: spread(endMs) },
  };
}

async function oneExit({ args, code: expectedCode }, { run }) {
  const relay = start(args);
  const found = [];
  let tookMs = 0;
  try {
    const [, url] = await relay.until(/is ready on (http:\S+)/);
    const { ended } = await run(url);
    const startedMs = performance.now();
    relay.child.kill('SIGTERM');
    const limit = wait(endLimitMs, null, { ref: false });
    const exit = await Promise.race([relay.exit, limit]);
    tookMs = performance.now() - startedMs;
    if (!exit) found.push(`it did not end within ${endLimitMs / 1000} s`);
    else if (exit[1]) found.push(`it was killed by ${exit[1]}`);
    else if (exit[0] !== expectedCode) found.push(`its exit code is ${exit[0]}, not ${expectedCode}`);
    if (relay.written.stderr !== '') found.push(`it wrote ${JSON.stringify(relay.written.stderr)}`);
    const reasons = await Promise.race([Promise.all(ended), wait(endLimitMs, [], { ref: false })]);
    if (reasons.length < ended.length) found.push('a caller was not notified of the end');
    for (const reason of reasons)
      if (reason !== 'hangup') found.push(`a caller's connection ended as ${reason}`);
  } catch (error) {
    found.push(error.message);
  }
  relay.child.kill('SIGKILL');
  await relay.exit;
  return { found, tookMs };
}

/** Starts a Node process with only the path of this environment. */
function start(args) {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH },
  });
  const exit = once(child, 'close');
  const written = { stdout: '', stderr: '' };
  const looks = new Set();
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (text) => {
      written[name] += text;
      for (const look of looks) look();
    });
  }
  const until = (pattern) =>
    new Promise((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(written.stdout);
        if (match) resolve(match);
      };
      look();
      looks.add(look);
      void exit.then(() => reject(new Error(`it ended too early: ${written.stderr}`)));
    });
  return { child, exit, written, until };
}
