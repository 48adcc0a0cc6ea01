// Measures latency and cost, and compares figures with their targets.
import { parseArgs } from 'node:util';
import { browsersAtOnce } from './bench/browsers-at-once.js';
import { cadence, cloud } from './bench/cloud.js';
import { callsAtOnce, idleCallCost } from './bench/live-calls.js';
import { earlyFlush } from './bench/early-flush.js';
import { mouthToEar } from './bench/mouth-to-ear.js';
import { perFrame } from './bench/per-frame.js';
import { isMet, sectionLines } from './bench/section.js';
import { speechRecognition } from './bench/speech-recognition.js';
import { speechSynthesis } from './bench/speech-synthesis.js';
import { startUp } from './bench/start-up.js';
import { machineFacts, machineLines } from './measuring/machine.js';

const help = `Usage: npm run bench [-- options]

Measures the relay's cost on this machine. Times mean little while the machine is busy with something else.
Exits with 1 if a target is missed. The sections:

  start-up        hzrelay --version; npm start, from the start of the process to its ready line
  frame           what each 20 ms frame costs the main thread, step by step
  recognition     the embedded recogniser: start, processor time, final after the flush
  synthesis       the embedded voices: first audio, processor time
  mouth-to-ear    calls in real time: the parts of the time between the caller's last word and the answer
  cloud           the same with simulated cloud providers of a given latency, at 1, 10 and 30 calls at once, with
                  and without speculation, beside the smallest relay that one could write
  early-flush     pauses within recorded sentences, and what a flush in them costs the embedded recogniser
  cadence         a recogniser that sends nothing in silence, compared with one that does
  idle            processor time of a silent call
  at-once         conversations at once: mouth→ear, late audio, processor time
  browsers        WebRTC calls at once in which the agent talks without a break: processor time, late frames

The relay's own share of mouth→ear excludes the wait for the end of speech (endpointing) and the providers' times
(stt, llm, sentence, tts, tools): it is the parts relay and playout of each turn's latency.

Options:
  --only <section>   run one section; may be given more than once
  --turns <n>        turns of the sections "mouth-to-ear" and "cadence" (default: 30)
  --calls <n>        calls of the section "at-once" (default: 20)
  --browsers <n>     calls of the section "browsers" (default: 50)
  --rounds <n>       repetitions (default: 10, start-up 5)
  --quick            6 turns, 5 calls, 10 browsers, 3 rounds: a minute and a half
  --json             print the figures as JSON on stdout, nothing else
  -h, --help         show this help
`;

const { values: options } = parse();
if (options.help) {
  process.stdout.write(help);
} else {
  process.exitCode = (await bench()) ? 0 : 1;
}

function parse() {
  try {
    return parseArgs({
      options: {
        only: { type: 'string', multiple: true },
        turns: { type: 'string' },
        calls: { type: 'string' },
        browsers: { type: 'string' },
        rounds: { type: 'string' },
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    return refuse(error.message);
  }
}

async function bench() {
  const { quick, json } = options;
  const turns = count('turns', quick ? 6 : 30);
  const calls = count('calls', quick ? 5 : 20);
  const rounds = count('rounds', quick ? 3 : 10);
  const sections = {
    'start-up': () => startUp({ rounds: count('rounds', quick ? 3 : 5) }),
    frame: () => perFrame({ rounds }),
    recognition: () => speechRecognition({ rounds: Math.min(rounds, 5) }),
    synthesis: () => speechSynthesis({ rounds }),
    'mouth-to-ear': () => mouthToEar({ turns, silent: json }),
    cloud: () => cloud({ counts: quick ? [1, 5] : [1, 10, 30], silent: json }),
    'early-flush': () => earlyFlush(),
    cadence: () => cadence({ turns, silent: json }),
    idle: () => idleCallCost({ seconds: quick ? 3 : 10 }),
    'at-once': () => callsAtOnce({ calls }),
    browsers: () => browsersAtOnce({ calls: count('browsers', quick ? 10 : 50), seconds: quick ? 5 : 20 }),
  };
  const chosen = options.only ?? Object.keys(sections);
  for (const name of chosen)
    if (!Object.hasOwn(sections, name))
      refuse(`There is no section ${JSON.stringify(name)}; there are ${Object.keys(sections).join(', ')}.`);
  const machine = machineFacts();
  if (!json) console.log(machineLines(machine).join('\n'));
  const results = [];
  for (const name of chosen) {
    const result = { section: name, ...(await sections[name]()) };
    results.push(result);
    if (!json) console.log(sectionLines(result).join('\n'));
  }
  const met = results.every(isMet);
  if (json) console.log(JSON.stringify({ machine, ok: met, sections: results }, null, 2));
  else console.log(met ? '\nEvery target is met.' : '\nFailed: see the lines with ✗.');
  return met;
}

function count(name, fallback) {
  const text = options[name];
  if (text === undefined) return fallback;
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  return refuse(`--${name} ${text}: give a whole number above zero.`);
}

function refuse(problem) {
  process.stderr.write(`error: ${problem}\n\n${help}`);
  process.exit(2);
}
