// Makes fixtures/audio and fixtures/manifest.json from fixtures.json: callers' speech by Flite, and noises. Every run makes
// the same bytes: Flite is deterministic, and the noise comes from a seeded generator.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { rmsDbfs, amplitudeOf } from '../dist/audio/level.js';
import { createResampler } from '../dist/audio/resampler.js';
import { audibleEnd, audibleStart } from '../dist/audio/silence.js';
import { writeWav } from '../dist/audio/wav.js';
import { fliteVoices, loadFlite } from '../dist/providers/local/tts/flite.js';

const folder = new URL('../fixtures/', import.meta.url);
const phoneHz = 8000;
const widebandHz = 16000;
/** Silence before and after each utterance. */
const marginMs = 200;

const plan = JSON.parse(await readFile(new URL('./fixtures.json', import.meta.url), 'utf8'));
const flite = await loadFlite();
const manifest = [];

await rm(new URL('audio/', folder), { recursive: true, force: true });

for (const { name, text } of plan.utterances) {
  for (const voice of fliteVoices) {
    const samples = withMargins(await speak(text, voice, phoneHz), phoneHz);
    await save(`voices/${voice}/${name}.wav`, samples, phoneHz, { kind: 'utterance', text, voice });
    if (voice === plan.callerVoice)
      await save(`${name}.wav`, samples, phoneHz, { kind: 'utterance', text, voice });
  }
}

for (const name of plan.wideband) {
  const voice = plan.callerVoice;
  const text = textOf(name);
  const samples = withMargins(await speak(text, voice, widebandHz), widebandHz);
  await save(`${name}-16k.wav`, samples, widebandHz, { kind: 'utterance', text, voice });
}

for (const { name, spoken, text, voice } of plan.backchannels) {
  const samples = withMargins(await speak(spoken, voice, phoneHz), phoneHz);
  await save(`${name}.wav`, samples, phoneHz, { kind: 'backchannel', text, voice });
}

for (const { name, halves, pauseMs } of plan.pauses) {
  const voice = plan.callerVoice;
  const [first, second] = await Promise.all(halves.map((half) => speak(half, voice, phoneHz)));
  const samples = withMargins(join(first, silence(pauseMs, phoneHz), second), phoneHz);
  const text = halves.join(' ');
  await save(`${name}.wav`, samples, phoneHz, { kind: 'pause', text, voice, segments: halves, pauseMs });
}

for (const [index, name] of plan.noisy.names.entries()) {
  const voice = plan.callerVoice;
  const text = textOf(name);
  const { snrDb } = plan.noisy;
  const speech = await speak(text, voice, phoneHz);
  const noise = rumble(
    random(101 + index),
    speech.length + 2 * samplesIn(marginMs, phoneHz),
    rmsDbfs(speech) - snrDb,
  );
  await save(`${name}-noisy.wav`, mix(withMargins(speech, phoneHz), noise), phoneHz, {
    kind: 'noisy',
    text,
    voice,
    snrDb,
  });
}

for (const { name, text } of plan.outOfGrammar) {
  const voice = plan.callerVoice;
  const samples = withMargins(await speak(text, voice, phoneHz), phoneHz);
  await save(`${name}.wav`, samples, phoneHz, { kind: 'out-of-grammar', text: '', voice, spoken: text });
}

const second = samplesIn(1000, phoneHz);
const burstAt = samplesIn(350, phoneHz);
await save('silence.wav', silence(2000, phoneHz), phoneHz, { kind: 'silence', text: '' });
await save('steady-noise.wav', rumble(random(1), 3 * second, -50), phoneHz, { kind: 'noise', text: '' });
await save('noise-burst.wav', placed(burst(random(2)), burstAt, second), phoneHz, {
  kind: 'noise',
  text: '',
});
await save('cough.wav', placed(cough(random(3)), burstAt, second), phoneHz, { kind: 'noise', text: '' });
await save('double-cough.wav', doubleCough(random(4)), phoneHz, { kind: 'noise', text: '' });

manifest.sort((a, b) => (a.file < b.file ? -1 : 1));
const lines = manifest.map((entry) => `  ${JSON.stringify(entry)}`);
await writeFile(new URL('manifest.json', folder), `[\n${lines.join(',\n')}\n]\n`);
console.log(`${manifest.length} files in ${fileURLToPath(folder)}`);

/** The sound of the words, without the silence around them. */
async function speak(text, voice, sampleRateHz) {
  const { samples, sampleRateHz: fliteHz } = flite.synthesize(text, { voice });
  const resampler = await createResampler({ fromHz: fliteHz, toHz: sampleRateHz });
  try {
    const converted = join(resampler.push(samples), resampler.flush());
    return converted.slice(audibleStart(converted, sampleRateHz), audibleEnd(converted, sampleRateHz));
  } finally {
    resampler.close();
  }
}

async function save(file, samples, sampleRateHz, facts) {
  const path = new URL(`audio/${file}`, folder);
  await mkdir(new URL('.', path), { recursive: true });
  await writeFile(path, writeWav({ channels: [samples], sampleRateHz }));
  manifest.push({ file: `audio/${file}`, sampleRateHz, ...facts });
}

function textOf(name) {
  return plan.utterances.find((utterance) => utterance.name === name).text;
}

function samplesIn(ms, sampleRateHz) {
  return Math.round((ms / 1000) * sampleRateHz);
}

function silence(ms, sampleRateHz) {
  return new Int16Array(samplesIn(ms, sampleRateHz));
}

function join(...parts) {
  return Int16Array.from(parts.flatMap((part) => [...part]));
}

function withMargins(samples, sampleRateHz) {
  return join(silence(marginMs, sampleRateHz), samples, silence(marginMs, sampleRateHz));
}

function placed(samples, at, length) {
  const whole = new Int16Array(length);
  whole.set(samples, at);
  return whole;
}

function mix(a, b) {
  return a.map((sample, index) => clamp(sample + b[index]));
}

function clamp(value) {
  return Math.max(-32768, Math.min(32767, Math.round(value)));
}

/** Mulberry32: uniform numbers from -1 to 1, the same for the same seed. */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}

/** A steady rumble, as in a moving car: noise that falls by 6 dB per octave. */
function rumble(next, length, dbfs) {
  let low = 0;
  const noise = Float64Array.from({ length }, () => (low = 0.985 * low + 0.015 * next()));
  const rms = Math.sqrt(noise.reduce((sum, value) => sum + value * value, 0) / length);
  return Int16Array.from(noise, (value) => clamp((value * amplitudeOf(dbfs)) / rms));
}

/** 300 ms of white noise with hard edges: a bang on the table, a passing lorry. */
function burst(next) {
  return Int16Array.from({ length: samplesIn(300, phoneHz) }, () => clamp(6000 * next()));
}

/** 300 ms like a cough: noise through a throat's resonance, with a hard start and a decay. */
function cough(next) {
  const attack = samplesIn(20, phoneHz);
  let before = 0;
  let last = 0;
  return Int16Array.from({ length: samplesIn(300, phoneHz) }, (_, index) => {
    const envelope = index < attack ? index / attack : Math.exp(-(index - attack) / 700);
    const value = next() * envelope + 1.5 * last - 0.75 * before;
    before = last;
    last = value;
    return clamp(2500 * value);
  });
}

function doubleCough(next) {
  return join(silence(300, phoneHz), cough(next), silence(100, phoneHz), cough(next), silence(500, phoneHz));
}
