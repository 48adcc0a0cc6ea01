// Runs hundreds of calls and checks for leaks: sockets, timers, listeners, workers, sessions, memory.
import { parseArgs } from 'node:util';
import { machineFacts, machineLines } from './measuring/machine.js';
import { callsAtOnce } from './soak/calls-at-once.js';
import { callsInARow } from './soak/calls-in-a-row.js';
import { everyRecording } from './soak/every-recording.js';
import { faultDrills } from './soak/drills.js';
import { exits } from './soak/exits.js';
import { fuzz } from './soak/fuzz.js';
import { hangUps } from './soak/hang-ups.js';
import { badNetworks } from './soak/loss.js';
import { parityEverywhere } from './soak/parity.js';
import { phaseLines } from './soak/report.js';
import { vendorShapes } from './soak/shapes.js';
import { everyTest } from './soak/tests.js';

const help = `Usage: npm run soak [-- options]

Places calls to a relay over real sockets, with the embedded recogniser and voice. Exits with 1 if a call fails or leaks
something. The phases:

  row         calls one after the other, by phone and from a browser in turn, in virtual time: memory must stay flat
  at-once     calls at the same time, in real time, on a relay that owns its workers
  hang-ups    the caller hangs up at every stage of a call, by phone and from a browser, three times each, in virtual time
  recordings  every file in fixtures/audio as a separate call, in virtual time
  parity      every file, and the golden conversations, by phone and from a browser, in virtual time: the events
              must not depend on the transport
  exits       relay processes that end with browsers on the line, in real time: no crash, no hang
  loss        the desk's sentences from browsers on networks that lose and delay packets, in virtual time
  drills      a provider fails in the middle of a call: every drill, by phone and from a browser, with every
              vendor, and the recogniser's connection cut at every tenth of a sentence, in virtual time
  shapes      twenty turns with each known answer shape of a vendor, by phone and from a browser,
              in virtual time: every word is heard once, without errors
  fuzz        hostile webhooks, media streams, offers, page messages and model text, in real time: nothing may block
              the event loop for more than 20 ms
  tests       the tests of \`npm test\` with every case that it only draws from, and those that take too long for it

In virtual time the clock moves only when no message and no worker is pending. Everything else is as in a real call, and
a conversation of twelve seconds takes half a second.

Options:
  --only <phase>     run one phase; may be given more than once
  --calls <n>        calls of the phase "row" (default: 100; below 60 memory is not judged)
  --at-once <n>      calls of the phase "at-once" (default: 20)
  --recordings <n>   only the first n recordings, in the phases "recordings" and "parity"
  --quick            14 calls in a row, 5 at once, 16 recordings, 8 sentences, no tests: two minutes and a half
  --json             print the figures as JSON on stdout, nothing else
  -h, --help         show this help
`;

const { values: options } = parse();
if (options.help) {
  process.stdout.write(help);
} else {
  process.exitCode = (await soak()) ? 0 : 1;
}

function parse() {
  try {
    return parseArgs({
      options: {
        only: { type: 'string', multiple: true },
        calls: { type: 'string' },
        'at-once': { type: 'string' },
        recordings: { type: 'string' },
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    return refuse(error.message);
  }
}

async function soak() {
  const { quick, json } = options;
  const silent = json;
  const machine = machineFacts();
  const phases = {
    row: () => callsInARow({ calls: count('calls', quick ? 14 : 100), silent }),
    'at-once': () => callsAtOnce({ calls: count('at-once', quick ? 5 : 20), noisy: machine.noisy }),
    'hang-ups': () => hangUps({ silent }),
    recordings: () => everyRecording({ limit: count('recordings', quick ? 16 : undefined), silent }),
    parity: () => parityEverywhere({ limit: count('recordings', quick ? 16 : undefined), silent }),
    exits: () => exits({ rounds: quick ? 2 : 4, silent }),
    loss: () => badNetworks({ limit: quick ? 8 : undefined, silent }),
    drills: () => faultDrills({ quick, silent }),
    shapes: () => vendorShapes({ quick, silent }),
    fuzz: () => fuzz({ seeds: quick ? 10 : 100, silent }),
    tests: () => everyTest({ silent }),
  };
  const chosen = options.only ?? Object.keys(phases).filter((name) => !quick || name !== 'tests');
  for (const name of chosen)
    if (!Object.hasOwn(phases, name))
      refuse(`There is no phase ${JSON.stringify(name)}; there are ${Object.keys(phases).join(', ')}.`);
  // Check all numbers before the first phase, not after minutes.
  for (const name of ['calls', 'at-once', 'recordings']) count(name);
  const strays = strayProblems();
  if (!json) console.log(machineLines(machine).join('\n'));
  const results = [];
  for (const name of chosen) {
    const startedMs = performance.now();
    const { problems, figures } = await phases[name]();
    problems.push(...strays.splice(0));
    const result = { phase: name, seconds: (performance.now() - startedMs) / 1000, problems, figures };
    results.push(result);
    if (!json) console.log(phaseLines(result).join('\n'));
  }
  const failed = results.filter(({ problems }) => problems.length > 0);
  if (json) console.log(JSON.stringify({ machine, ok: failed.length === 0, phases: results }, null, 2));
  else if (failed.length === 0) console.log('\nNothing leaks, nothing breaks.');
  else console.log(`\nFailed: ${failed.map(({ phase }) => phase).join(', ')}.`);
  return failed.length === 0;
}

/** Node's warnings (such as too many listeners) and uncaught errors, as problems of the current phase. */
function strayProblems() {
  const problems = [];
  process.on('warning', (warning) => problems.push(`Node warned: ${warning.message}`));
  process.on('unhandledRejection', (reason) => problems.push(`uncaught: ${reason?.stack ?? reason}`));
  process.on('uncaughtException', (error) => problems.push(`uncaught: ${error.stack}`));
  return problems;
}

function count(name, fallback) {
  const text = options[name];
  if (text === undefined) return fallback;
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  return refuse(`--${name} ${text}: give a whole number above zero.`);
}

function refuse(problem) {
  process.stderr.write(`error: ${problem}\n\n${help}`);
  process.exit(2);
}
