/**
 * Compares neural voice activity detectors with the WebRTC one: false starts, missed and late onsets, and cost.
 *
 *     mkdir vad && cd vad && npm init -y
 *     ONNXRUNTIME_NODE_INSTALL_CUDA=skip npm i @ricky0123/vad-web onnxruntime-web onnxruntime-node @gooney-001/ten-vad-lib
 *     HZRELAY_VAD_PACKAGES=$PWD node <repository>/scripts/vad-comparison.mjs [sounds|speech|recordings|cost] [--every N] [--hz 8000]
 *
 * Needs `npm run build` first. HZRELAY_VAD_RECORDINGS may name a folder of real recordings at 16 kHz:
 * `sounds/<kind>-*.wav` have no speech; `labelled/*.wav` have a `.scv` file each, as the test set of TEN VAD has.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { decodeMulaw, encodeMulaw } from '../dist/audio/g711.js';
import { rmsDbfs } from '../dist/audio/level.js';
import { createResampler } from '../dist/audio/resampler.js';
import { readWav } from '../dist/audio/wav.js';
import { SpeechSegmenter } from '../dist/session/input/speech-segmenter.js';
import { callerSpeech, framesOf, noise } from '../dist/simulators/caller-speech.js';
import { sileroVoiceCheck } from '../dist/vad/silero/silero.js';
import { webRtcVad } from '../dist/vad/webrtc-vad.js';

const frameMs = 20;
/** A start counts as confirmed if a probability of the last 100 ms is high enough. */
const confirmFrames = 5;
const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url));
const args = process.argv.slice(2);
const option = (name, otherwise) => (args.includes(name) ? args[args.indexOf(name) + 1] : otherwise);
const every = Number(option('--every', 1));
const thresholds = option('--thresholds', '0.5,0.3,0.15').split(',').map(Number);
const rates = option('--hz', '8000,16000').split(',').map(Number);

// ───────────────────────────── The detectors ─────────────────────────────

const packages = process.env.HZRELAY_VAD_PACKAGES;
if (!packages || !existsSync(join(packages, 'node_modules'))) {
  console.error(
    'Set HZRELAY_VAD_PACKAGES to a folder whose node_modules has the packages named in this script.',
  );
  process.exit(2);
}
const inPackages = (path) => join(resolve(packages), 'node_modules', path);

function needed(path) {
  if (existsSync(inPackages(path))) return inPackages(path);
  console.error(`HZRELAY_VAD_PACKAGES has no ${path}. Install the packages named in this script.`);
  process.exit(2);
}

/** Silero by ONNX Runtime. Its window is 32 ms; it wants the last 4 ms of the window before as context. */
async function silero(version, runtime) {
  const ort = createRequire(needed(`${runtime}/package.json`))(runtime);
  const web = runtime === 'onnxruntime-web';
  if (web) ort.env.wasm.numThreads = 1;
  const model = readFileSync(needed(`@ricky0123/vad-web/dist/silero_vad_${version}.onnx`));
  const session = await ort.InferenceSession.create(model, {
    executionProviders: [web ? 'wasm' : 'cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  return {
    create: (sampleRateHz) => {
      const [window, context] = [sampleRateHz * 0.032, sampleRateHz * 0.004];
      const input = new Float32Array(context + window);
      const sr = new ort.Tensor('int64', BigInt64Array.of(BigInt(sampleRateHz)), []);
      let state = new ort.Tensor('float32', new Float32Array(256), [2, 1, 128]);
      let filled = context;
      let probability = 0;
      return {
        async push(samples) {
          for (const sample of samples) {
            input[filled++] = sample / 32768;
            if (filled < input.length) continue;
            const tensor = new ort.Tensor('float32', input, [1, input.length]);
            const result = await session.run({ input: tensor, state, sr });
            state = result.stateN;
            probability = result.output.data[0];
            input.copyWithin(0, window);
            filled = context;
          }
          return probability;
        },
        close() {},
      };
    },
  };
}

/** The same network without ONNX Runtime: hzrelay's own program, which hears 8 kHz. */
function ownSilero() {
  const checking = sileroVoiceCheck();
  return {
    create: async (sampleRateHz) => {
      const check = await checking.create();
      return {
        push(samples) {
          check.push({ samples, sampleRateHz });
          return check.voiceProbability();
        },
        close() {},
      };
    },
  };
}

/** What hzrelay does with each frame: the network is asked only at a start of WebRTC, until it hears a voice. */
async function asUsed() {
  const [detection, checking] = [webRtcVad(), sileroVoiceCheck()];
  return {
    create: async (sampleRateHz) => {
      const [vad, check] = [await detection.create(), await checking.create()];
      const segmenter = new SpeechSegmenter();
      let [ms, held] = [0, false];
      return {
        push(samples) {
          const frame = { samples, sampleRateHz };
          ms += frameMs;
          const speech = vad.isSpeech(frame);
          const levelDbfs = rmsDbfs(samples);
          const boundary = segmenter.push({ speech, levelDbfs, endMs: ms, durationMs: frameMs });
          if (boundary) held = boundary.type === 'start';
          check.push(frame);
          if (held) held = check.voiceProbability() < 0.4;
        },
        close: () => vad.close(),
      };
    },
  };
}

/** TEN VAD in WebAssembly: 16 kHz only, so that a phone's audio is resampled first. */
async function ten(hop) {
  const { default: load } = await import(pathToFileURL(needed('@gooney-001/ten-vad-lib/ten_vad.js')).href);
  const module = await load({ wasmBinary: readFileSync(needed('@gooney-001/ten-vad-lib/ten_vad.wasm')) });
  return {
    create: async (sampleRateHz) => {
      const resampler =
        sampleRateHz === 16000 ? null : await createResampler({ fromHz: sampleRateHz, toHz: 16000 });
      const [handle, audio, result] = [module._malloc(4), module._malloc(hop * 2), module._malloc(8)];
      if (module._ten_vad_create(handle, hop, 0.5) !== 0) throw new Error('TEN VAD cannot be created.');
      const instance = module.HEAP32[handle >> 2];
      let filled = 0;
      let probability = 0;
      return {
        push(samples) {
          for (const sample of resampler ? resampler.push(samples) : samples) {
            module.HEAP16[(audio >> 1) + filled++] = sample;
            if (filled < hop) continue;
            module._ten_vad_process(instance, audio, hop, result, result + 4);
            probability = module.HEAPF32[result >> 2];
            filled = 0;
          }
          return probability;
        },
        close() {
          module._ten_vad_destroy(handle);
          for (const pointer of [handle, audio, result]) module._free(pointer);
          resampler?.close();
        },
      };
    },
    module,
  };
}

async function webRtc() {
  const detection = webRtcVad();
  return {
    create: async (sampleRateHz) => {
      const vad = await detection.create();
      return {
        push: (samples) => (vad.isSpeech({ samples, sampleRateHz }) ? 1 : 0),
        close: () => vad.close(),
      };
    },
  };
}

const detectors = {
  webrtc: webRtc,
  'silero-v5': () => silero('v5', 'onnxruntime-node'),
  'silero-v6': () => silero('v6', 'onnxruntime-node'),
  'ten-256': () => ten(256),
};

/** What every detector says of each frame. */
async function judge(loaded, samples, sampleRateHz) {
  const frames = [...framesOf(samples, sampleRateHz)].filter((f) => f.samples.length === sampleRateHz / 50);
  const judged = { frames, levels: frames.map((frame) => rmsDbfs(frame.samples)) };
  for (const [name, detector] of Object.entries(loaded)) {
    const call = await detector.create(sampleRateHz);
    judged[name] = [];
    for (const frame of frames) judged[name].push(await call.push(frame.samples));
    call.close();
  }
  return judged;
}

/**
 * The ways of using a probability. `webrtc`: not at all. `frames`: a frame is speech only if WebRTC and the network say
 * so. `start`: a start of WebRTC waits until the network confirms it. `alone`: the network instead of WebRTC. `asked`: as
 * `start`, but the network hears only from `historyMs` before the start until it confirms it: hzrelay's own program.
 */
const variants = { webrtc: { mode: 'webrtc' } };
for (const model of Object.keys(detectors).slice(1))
  for (const threshold of thresholds)
    for (const mode of ['frames', 'start', 'alone'])
      variants[`${model} ${mode} ${threshold}`] = { model, threshold, mode };
for (const historyMs of option('--history', '500').split(',').map(Number))
  for (const threshold of thresholds)
    variants[`own, ${historyMs} ms, ${threshold}`] = { mode: 'asked', threshold, historyMs };

/** Stretches of speech, in milliseconds from the first frame: when each was reported, its onset, and its last frame. */
async function stretches(judged, { model, threshold, mode, historyMs }) {
  const check = mode === 'asked' ? await sileroVoiceCheck({ historyMs }).create() : null;
  const segmenter = new SpeechSegmenter();
  const found = [];
  let current = null;
  const take = (boundary) => {
    if (boundary?.type === 'start') current = { startedMs: null, onsetMs: boundary.onsetMs, endMs: Infinity };
    if (boundary?.type !== 'end') return;
    if (current.startedMs !== null) current.endMs = boundary.lastSpeechMs;
    current = null;
  };
  for (let i = 0; i < judged.levels.length; i++) {
    const voiced = judged.webrtc[i] > 0;
    const likely = model !== undefined && judged[model][i] > threshold;
    const speech = { webrtc: voiced, start: voiced, asked: voiced, frames: voiced && likely }[mode] ?? likely;
    const endMs = (i + 1) * frameMs;
    take(segmenter.push({ speech, levelDbfs: judged.levels[i], endMs, durationMs: frameMs }));
    check?.push(judged.frames[i]);
    if (!current || current.startedMs !== null) continue;
    if (check && check.voiceProbability() <= threshold) continue;
    const recent = mode === 'start' && judged[model].slice(Math.max(0, i + 1 - confirmFrames), i + 1);
    if (recent && !recent.some((probability) => probability > threshold)) continue;
    current.startedMs = endMs;
    found.push(current);
  }
  take(segmenter.end());
  return found;
}

// ───────────────────────────── Sounds ─────────────────────────────

const wav = (path) => readWav(readFileSync(path));
const seconds = 60;

function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** `value(seconds)` for each sample; 1 is full scale. */
function drawn(hz, value) {
  return Int16Array.from({ length: seconds * hz }, (_, i) =>
    Math.round(32767 * Math.max(-1, Math.min(1, value(i / hz)))),
  );
}

const sine = (hz, t) => Math.sin(2 * Math.PI * hz * t);

/** Tones of `onMs` in every `everyMs`. */
const tones =
  (frequencies, onMs = 1, everyMs = 1, level = 0.25) =>
  (hz) =>
    drawn(hz, (t) => {
      const ms = (t * 1000) % everyMs;
      const fade = everyMs === onMs ? 1 : Math.max(0, Math.min(1, ms / 5, (onMs - ms) / 5));
      return (fade * level * frequencies.reduce((sum, f) => sum + sine(f, t), 0)) / frequencies.length;
    });

const rows = [697, 770, 852, 941];
const columns = [1209, 1336, 1477];
/** Ten digits, then a pause. */
const dtmf = (hz) =>
  drawn(hz, (t) => {
    const digit = Math.floor((t % 4) / 0.2);
    if (digit >= 10 || t % 0.2 > 0.1) return 0;
    const key = Math.floor(t / 0.2) * 7;
    return 0.15 * (sine(rows[key % 4], t) + sine(columns[key % 3], t));
  });

const chords = [
  [262, 330, 392],
  [220, 262, 330],
  [175, 220, 262],
  [196, 247, 294],
];
/** Four chords; `attackS` and `decayS` make them plucked or held. */
const music = (attackS, decayS, noteS) => (hz) =>
  drawn(hz, (t) => {
    const note = Math.floor(t / noteS);
    const since = t % noteS;
    const chord = chords[Math.floor(note / 4) % 4];
    const played = noteS < 1 ? [chord[note % 3] * (note % 4 === 3 ? 2 : 1)] : chord;
    const envelope = Math.min(1, since / attackS) * Math.exp(-since / decayS);
    let sum = 0;
    for (const f of played)
      for (let h = 1; h <= 6; h++) sum += sine(f * h, t + 0.0005 * Math.sin(34 * t)) / (h * played.length);
    return 0.3 * envelope * sum;
  });

/** Noise with an envelope, low-passed at `lowHz`. */
const shaped = (envelope, lowHz, level) => (hz) => {
  const white = noise(seconds * hz, 32767, 11);
  const keep = Math.exp((-2 * Math.PI * lowHz) / hz);
  let low = 0;
  return white.map((sample, i) => {
    low = keep * low + (1 - keep) * sample;
    return Math.max(-32768, Math.min(32767, Math.round(low * level * envelope(i / hz))));
  });
};

function pink(length, seed) {
  const state = [0, 0, 0];
  return Float32Array.from(noise(length, 32767, seed), (white) => {
    state[0] = 0.99765 * state[0] + white * 0.099046;
    state[1] = 0.963 * state[1] + white * 0.2965164;
    state[2] = 0.57 * state[2] + white * 1.0526913;
    return state[0] + state[1] + state[2] + white * 0.1848;
  });
}

/** Words of six strokes with pauses between them. */
const typing = (ringMs, level) => (hz) => {
  const samples = new Int16Array(seconds * hz);
  const random = randomFrom(7);
  for (let ms = 600, n = 0; ms < seconds * 1000; ms += 70 + 90 * random(), n++) {
    if (n % 6 === 5) ms += 350 + 400 * random();
    const start = Math.round((ms * hz) / 1000);
    const stroke = noise((ringMs * 3 * hz) / 1000, level * (0.7 + 0.6 * random()), start + 1);
    for (let i = 0; i < stroke.length && start + i < samples.length; i++)
      samples[start + i] = Math.round(stroke[i] * Math.exp((-i * 1000) / (ringMs * hz)));
  }
  return samples;
};

const pulse = (t, everyS, lengthS) => {
  const since = t % everyS;
  return since < lengthS ? Math.sin((Math.PI * since) / lengthS) ** 2 : 0;
};
const thud = (t, everyS, decayS) => Math.exp(-(t % everyS) / decayS);
/** Three knocks, then a pause. */
const knocks = (t) => (t % 3 < 0.75 ? thud(t % 3, 0.25, 0.02) : 0);

/** A fixture again and again, two seconds apart, at three levels. */
const repeated = (file) => async (hz) => {
  const clip = await atRate(wav(join(fixtures, 'audio', file)), hz);
  const samples = new Int16Array(seconds * hz);
  for (let start = hz, n = 0; start < samples.length - clip.length; start += clip.length + 2 * hz, n++)
    samples.set(
      clip.map((sample) => sample * [1, 0.5, 0.25][n % 3]),
      start,
    );
  return samples;
};

/** Six voices at once, each as loud as a voice across a room. */
const babble = async (hz) => {
  const sum = new Float32Array(seconds * hz);
  const voices = readdirSync(join(fixtures, 'audio/voices'));
  for (let speaker = 0; speaker < 6; speaker++) {
    const folder = join(fixtures, 'audio/voices', voices[speaker % voices.length]);
    const files = readdirSync(folder);
    for (let start = 0, n = speaker * 3; start < sum.length; n++) {
      const clip = await atRate(wav(join(folder, files[n % files.length])), hz);
      for (let i = 0; i < clip.length && start + i < sum.length; i++) sum[start + i] += clip[i] * 0.12;
      start += Math.round(clip.length * 0.8);
    }
  }
  return Int16Array.from(sum);
};

const sounds = {
  'steady noise': [shaped(() => 1, 8000, 0.05), repeated('steady-noise.wav')],
  'pink noise': [(hz) => Int16Array.from(pink(seconds * hz, 5), (s) => s * 0.05)],
  'noise bursts': [repeated('noise-burst.wav'), shaped((t) => (t % 1.7 < 0.25 ? 1 : 0), 8000, 0.2)],
  'typing, made': [typing(12, 8000), typing(25, 8000), typing(12, 2000)],
  'held music': [music(0.15, 3, 2)],
  'plucked music': [music(0.01, 0.25, 0.3), music(0.01, 0.4, 0.5)],
  'call tones': [
    tones([350, 440]),
    tones([440, 480], 2000, 6000),
    tones([480, 620], 500, 1000),
    tones([440], 300, 3000),
  ],
  dtmf: [dtmf],
  beeps: [tones([1000], 200, 1000), tones([1250], 500, 1000), tones([800], 250, 500)],
  cough: [repeated('cough.wav'), repeated('double-cough.wav')],
  breath: [shaped((t) => pulse(t, 3, 0.5) + 0.6 * pulse(t + 1.5, 3, 0.8), 1500, 0.12)],
  'door and knocks': [shaped((t) => thud(t, 2.5, 0.06), 200, 2), shaped(knocks, 400, 2)],
  'gusts of a fan': [shaped((t) => 0.05 + 0.95 * pulse(t, 1.4, 0.7), 500, 1)],
  babble: [babble],
};

async function atRate({ samples, sampleRateHz }, toHz) {
  if (sampleRateHz === toHz) return samples;
  const resampler = await createResampler({ fromHz: sampleRateHz, toHz });
  const parts = [resampler.push(samples), resampler.flush()];
  resampler.close();
  return Int16Array.from([...parts[0], ...parts[1]]);
}

/** As it arrives: 8 kHz passes through mu-law. */
const delivered = (samples, hz) => (hz === 8000 ? decodeMulaw(encodeMulaw(samples)) : samples);

/** A quiet line is not digitally silent. */
function onLine(samples, hz) {
  const floor = noise(samples.length, 40, 3);
  return delivered(
    samples.map((sample, i) => Math.max(-32768, Math.min(32767, sample + floor[i]))),
    hz,
  );
}

const recordings = process.env.HZRELAY_VAD_RECORDINGS;
const recorded = (folder) => {
  const path = recordings && join(recordings, folder);
  return path && existsSync(path)
    ? readdirSync(path)
        .filter((file) => file.endsWith('.wav'))
        .map((file) => join(path, file))
    : [];
};

async function compareSounds(loaded, hz) {
  const kinds = { ...sounds };
  for (const path of recorded('sounds')) {
    const kind = `${path.replace(/.*[/\\]/, '').split('-')[0]}, recorded`;
    (kinds[kind] ??= []).push(() => atRate(wav(path), hz));
  }
  const [perMinute, open] = [{}, {}];
  for (const [kind, makers] of Object.entries(kinds)) {
    const [starts, openMs] = [{}, {}];
    let minutes = 0;
    for (const make of makers) {
      const samples = onLine(await make(hz), hz);
      const judged = await judge(loaded, samples, hz);
      minutes += samples.length / hz / 60;
      for (const [name, variant] of Object.entries(variants)) {
        const found = await stretches(judged, variant);
        starts[name] = (starts[name] ?? 0) + found.length;
        // The last one may last until the sound ends.
        for (const { startedMs, endMs } of found)
          openMs[name] = (openMs[name] ?? 0) + Math.max(0, Math.min(endMs, seconds * 1000) - startedMs);
      }
    }
    for (const name of Object.keys(variants)) {
      (perMinute[name] ??= {})[kind] = starts[name] / minutes;
      (open[name] ??= {})[kind] = (openMs[name] ?? 0) / (minutes * 600);
    }
  }
  for (const row of [...Object.values(perMinute), ...Object.values(open)]) {
    const values = Object.values(row);
    row.mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  }
  print(`False starts per minute, ${hz} Hz`, perMinute, (value) => value.toFixed(1));
  print(`Share of the time that counts as speech (%), ${hz} Hz`, open, (value) => value.toFixed(1));
}

// ───────────────────────────── Speech ─────────────────────────────

const manifest = JSON.parse(readFileSync(join(fixtures, 'manifest.json'), 'utf8'));
const spoken = manifest.filter(({ kind }) =>
  ['utterance', 'backchannel', 'pause', 'out-of-grammar'].includes(kind),
);
const conditions = [['clean'], ['white', 15], ['white', 8], ['pink', 15], ['pink', 8]];
const leadMs = 1500;
const tailMs = 700;

/** Where the clean voice begins and ends, by level: within 35 dB of its loudest 10 ms. */
function trueBounds(samples, hz) {
  const step = hz / 100;
  const levels = [];
  for (let start = 0; start + step <= samples.length; start += step)
    levels.push(rmsDbfs(samples, start, start + step));
  const threshold = Math.max(-50, Math.max(...levels) - 35);
  const loud = (level, i) =>
    level > threshold && (levels[i + 1] ?? -100) + (levels[i - 1] ?? -100) > 2 * threshold - 20;
  return { startMs: levels.findIndex(loud) * 10, endMs: (levels.findLastIndex(loud) + 1) * 10 };
}

function meanPower(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return sum / samples.length;
}

/** The utterance in noise, `snrDb` below the mean power of the voice. */
function mixed(clean, bounds, hz, [colour, snrDb], seed) {
  if (colour === 'clean') return onLine(clean, hz);
  const voice = clean.subarray((bounds.startMs * hz) / 1000, (bounds.endMs * hz) / 1000);
  const background = colour === 'white' ? noise(clean.length, 10000, seed) : pink(clean.length, seed);
  const gain = Math.sqrt(meanPower(voice) / 10 ** (snrDb / 10) / meanPower(background));
  return delivered(
    clean.map((sample, i) => Math.max(-32768, Math.min(32767, Math.round(sample + gain * background[i])))),
    hz,
  );
}

async function utterance({ file, text, spoken, voice, sampleRateHz, kind }, hz) {
  if (sampleRateHz === hz) return wav(join(fixtures, file)).samples;
  if (hz < sampleRateHz || kind === 'pause' || !voice) return null;
  // The same words as the fixture, spoken again at the higher rate.
  return callerSpeech(spoken ?? text, { voice, sampleRateHz: hz });
}

function padded(samples, hz) {
  const all = new Int16Array(samples.length + ((leadMs + tailMs) * hz) / 1000);
  all.set(samples, (leadMs * hz) / 1000);
  return all;
}

const percentile = (values, p) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length ? sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] : NaN;
};

/** One real stretch of speech and what was found of it. */
function compareStretch(tally, found, { startMs, endMs }, reference) {
  tally.count++;
  const inside = found.filter((s) => s.endMs > startMs && s.startedMs < endMs + 100 && s.startedMs !== null);
  const [first] = inside;
  if (!first) return void tally.missed++;
  tally.ends.push(inside.at(-1).endMs - endMs);
  tally.stretches += inside.length;
  // A stretch that was open before is not a late onset: it is a false start.
  if (first.startedMs < startMs) return undefined;
  tally.onsets.push(first.startedMs - startMs);
  if (reference !== undefined) tally.later.push(first.startedMs - reference);
  return first.startedMs;
}

const newTally = () => ({ count: 0, missed: 0, early: 0, onsets: [], ends: [], later: [], stretches: 0 });

const summary = (tally) => ({
  n: tally.count,
  'missed %': (100 * tally.missed) / tally.count,
  'false starts': tally.early,
  'onset p50': percentile(tally.onsets, 0.5),
  'onset p95': percentile(tally.onsets, 0.95),
  'later p50': percentile(tally.later, 0.5),
  'later p95': percentile(tally.later, 0.95),
  'end p5': percentile(tally.ends, 0.05),
  'end p50': percentile(tally.ends, 0.5),
  'end p95': percentile(tally.ends, 0.95),
  pieces: tally.stretches / (tally.count - tally.missed),
});

async function compareSpeech(loaded, hz) {
  const tallies = Object.fromEntries(conditions.map((condition) => [condition.join(' '), {}]));
  for (let n = 0; n < spoken.length; n += every) {
    const samples = await utterance(spoken[n], hz);
    if (!samples) continue;
    const clean = padded(samples, hz);
    const bounds = trueBounds(clean, hz);
    for (const condition of conditions) {
      const judged = await judge(loaded, mixed(clean, bounds, hz, condition, n + 1), hz);
      const byVariant = tallies[condition.join(' ')];
      let reference;
      for (const [name, variant] of Object.entries(variants)) {
        const tally = (byVariant[name] ??= newTally());
        const found = await stretches(judged, variant);
        tally.early += found.filter(({ startedMs }) => startedMs < bounds.startMs).length;
        const started = compareStretch(tally, found, bounds, reference);
        if (name === 'webrtc') reference = started;
      }
    }
  }
  for (const [condition, byVariant] of Object.entries(tallies))
    print(`Speech, ${hz} Hz, ${condition}`, mapValues(byVariant, summary));
}

/** Real recordings with labels: stretches of speech that at least 200 ms without speech divide. */
async function compareRecordings(loaded, hz) {
  const byVariant = {};
  for (const path of recorded('labelled')) {
    const fields = readFileSync(path.replace(/wav$/, 'scv'), 'utf8').trim().split(',').slice(1).map(Number);
    const speech = [];
    for (let i = 0; i + 2 < fields.length; i += 3) {
      if (fields[i + 2] !== 1) continue;
      const [startMs, endMs] = [fields[i] * 1000, fields[i + 1] * 1000];
      if (speech.length > 0 && startMs - speech.at(-1).endMs < 200) speech.at(-1).endMs = endMs;
      else speech.push({ startMs, endMs });
    }
    const judged = await judge(loaded, delivered(await atRate(wav(path), hz), hz), hz);
    const reference = new Map();
    for (const [name, variant] of Object.entries(variants)) {
      const tally = (byVariant[name] ??= newTally());
      const found = await stretches(judged, variant);
      tally.early += found.filter(
        (s) => !speech.some(({ startMs, endMs }) => s.startedMs > startMs - 100 && s.onsetMs < endMs + 100),
      ).length;
      for (const real of speech) {
        const started = compareStretch(tally, found, real, reference.get(real));
        if (name === 'webrtc') reference.set(real, started);
      }
    }
  }
  if (Object.keys(byVariant).length > 0)
    print(`Labelled recordings, ${hz} Hz`, mapValues(byVariant, summary));
}

// ───────────────────────────── Cost ─────────────────────────────

const costed = {
  webrtc: { load: webRtc, files: [] },
  'silero-v5, onnxruntime-web': {
    load: () => silero('v5', 'onnxruntime-web'),
    files: ['onnxruntime-web', 'onnxruntime-common', '@ricky0123/vad-web/dist/silero_vad_v5.onnx'],
  },
  'silero-v5, onnxruntime-node': {
    load: () => silero('v5', 'onnxruntime-node'),
    files: ['onnxruntime-node', 'onnxruntime-common', '@ricky0123/vad-web/dist/silero_vad_v5.onnx'],
  },
  'silero-v6, own program': { load: ownSilero, files: [] },
  'webrtc and own program, as used': { load: asUsed, files: [] },
  'ten-256': { load: () => ten(256), files: ['@gooney-001/ten-vad-lib'] },
};

function bytesOf(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path).reduce((sum, name) => sum + bytesOf(join(path, name)), 0);
}

/** In a process of its own, so that memory and loading are this detector's. */
async function measureCost(name) {
  const { load, files } = costed[name];
  const rss = () => (globalThis.gc?.(), process.memoryUsage().rss / 1e6);
  const warm = await createResampler({ fromHz: 8000, toHz: 16000 });
  warm.close();
  const before = rss();
  const begun = performance.now();
  const detector = await load();
  const first = await detector.create(8000);
  await first.push(new Int16Array(160));
  const loadMs = performance.now() - begun;
  const samples = mixed(
    padded(wav(join(fixtures, 'audio/book-for-friday-at-three.wav')).samples, 8000),
    { startMs: 2000, endMs: 4000 },
    8000,
    ['pink', 15],
    1,
  );
  const framesIn = (audio) => [...framesOf(audio, 8000)].filter((frame) => frame.samples.length === 160);
  const frames = framesIn(samples);
  const quiet = framesIn(
    onLine(padded(wav(join(fixtures, 'audio/book-for-friday-at-three.wav')).samples, 8000), 8000),
  );
  const costOf = async (heard) => {
    const costs = [];
    for (let round = 0; round < 20; round++) {
      const cpu = process.cpuUsage();
      for (const frame of heard) await first.push(frame.samples);
      const { user, system } = process.cpuUsage(cpu);
      costs.push((user + system) / heard.length);
    }
    return percentile(costs, 0.5);
  };
  const [us, quietUs] = [await costOf(frames), await costOf(quiet)];
  const loadedMb = rss();
  const calls = [];
  for (let i = 0; i < 100; i++) calls.push(await detector.create(8000));
  for (const call of calls) for (const frame of frames.slice(0, 10)) await call.push(frame.samples);
  const perCallKb = ((rss() - loadedMb) * 1000) / calls.length;
  console.log(
    JSON.stringify({
      'us/frame': us,
      'in quiet': quietUs,
      '% of a core': us / 200,
      'load ms': loadMs,
      'load MB': loadedMb - before,
      'kB/call': perCallKb,
      'install MB': files.reduce((sum, path) => sum + bytesOf(inPackages(path)), 0) / 1e6,
    }),
  );
}

/** The longest that the event loop stands still: a question after half a second without one. */
async function measureQuestion(hz) {
  const voice = padded(await atRate(wav(join(fixtures, 'audio/book-my-appointment.wav')), hz), hz);
  const frames = [...framesOf(voice, hz)].slice(50, 75);
  const times = [];
  for (let round = 0; round < 200; round++) {
    const check = await sileroVoiceCheck().create();
    for (const frame of frames) check.push(frame);
    const begun = performance.now();
    check.voiceProbability();
    times.push(performance.now() - begun);
  }
  const [p50, p95] = [0.5, 0.95].map((p) => percentile(times, p).toFixed(2));
  console.log(`\nOne question at ${hz} Hz: ${p50} ms, p95 ${p95} ms`);
}

function compareCost() {
  const results = {};
  for (const name of Object.keys(costed)) {
    const child = spawnSync(
      process.execPath,
      ['--expose-gc', fileURLToPath(import.meta.url), `--cost=${name}`],
      {
        encoding: 'utf8',
      },
    );
    if (child.status !== 0) throw new Error(`${name}: ${child.stderr}`);
    results[name] = JSON.parse(child.stdout.trim().split('\n').at(-1));
  }
  print(`Cost at 8 kHz, Node ${process.version}`, results, (value) => value.toFixed(value < 10 ? 2 : 0));
}

// ───────────────────────────── The run ─────────────────────────────

function mapValues(object, map) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}

function print(title, table, format = (value) => (Number.isInteger(value) ? `${value}` : value.toFixed(1))) {
  const columns = Object.keys(Object.values(table)[0]);
  const width = Math.max(...Object.keys(table).map(({ length }) => length)) + 2;
  console.log(`\n${title}\n${' '.repeat(width)}${columns.join(' | ')}`);
  for (const [name, row] of Object.entries(table))
    console.log(name.padEnd(width) + columns.map((c) => format(row[c]).padStart(c.length)).join(' | '));
}

const cost = args.find((arg) => arg.startsWith('--cost='));
if (cost) await measureCost(cost.slice('--cost='.length));
else {
  const parts = { sounds: compareSounds, speech: compareSpeech, recordings: compareRecordings };
  const wanted = [...Object.keys(parts), 'cost'].filter((part) => args.includes(part));
  const chosen = wanted.length ? wanted : [...Object.keys(parts), 'cost'];
  const loaded = {};
  for (const [name, load] of Object.entries(detectors)) loaded[name] = await load();
  for (const part of chosen)
    if (part === 'cost') {
      for (const hz of rates) await measureQuestion(hz);
      compareCost();
    } else for (const hz of rates) await parts[part](loaded, hz);
}
