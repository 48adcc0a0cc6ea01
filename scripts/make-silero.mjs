/**
 * Makes src/vad/silero/silero-v6-8khz.wasm: the weights of Silero VAD v6 for 8 kHz, laid out in memory as silero-network.ts reads them,
 * and the function in multiply.wat.
 *
 *     mkdir vad && cd vad && npm init -y && npm i --ignore-scripts @ricky0123/vad-web wabt
 *     HZRELAY_VAD_PACKAGES=$PWD node <repository>/scripts/make-silero.mjs
 */
import { Buffer } from 'node:buffer';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = process.env.HZRELAY_VAD_PACKAGES;
if (!packages) {
  console.error(
    'Set HZRELAY_VAD_PACKAGES to a folder whose node_modules has the packages named in this script.',
  );
  process.exit(2);
}
const room = fileURLToPath(new URL('../src/vad/silero/', import.meta.url));
const sampleRateHz = 8000;

/** The fields of a protobuf message: [number, value]; a value is a number or bytes. */
function* fieldsOf(bytes) {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const [field, type] = [key >> 3, key & 7];
    if (type === 0) yield [field, varint()];
    else if (type === 2) {
      const length = varint();
      yield [field, bytes.subarray(at, (at += length))];
    } else at += type === 5 ? 4 : 8;
  }
}

/** All float constants of an ONNX model, also those of its branches: name and values. */
function constantsOf(model) {
  const found = [];
  const ofGraph = (graph) => {
    for (const [field, node] of fieldsOf(graph)) {
      if (field !== 1) continue;
      const parts = [...fieldsOf(node)];
      const name = Buffer.from(parts.find(([number]) => number === 2)?.[1] ?? []).toString();
      for (const [, attribute] of parts.filter(([number]) => number === 5))
        for (const [number, value] of fieldsOf(attribute)) {
          if (number === 6) ofGraph(value);
          if (number !== 5) continue;
          const raw = [...fieldsOf(value)].find(([part]) => part === 9)?.[1];
          if (raw && raw.length >= 4 && raw.length % 4 === 0)
            found.push({ name, values: new Float32Array(new Uint8Array(raw).buffer) });
        }
    }
  };
  for (const [field, graph] of fieldsOf(model)) if (field === 7) ofGraph(graph);
  return found;
}

const four = (n) => (n + 3) & ~3;

/** The rows of a matrix, each filled up to a multiple of four columns. */
function matrix(rows, columns, value) {
  const values = new Float32Array(rows * four(columns));
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < columns; i++) values[row * four(columns) + i] = value(row, i);
  return values;
}

function weightsOf(tensors) {
  const size = sampleRateHz / 62.5;
  const bins = size / 2 + 1;
  const basisName = 'stft.forward_basis_buffer';
  const basis = tensors.find(
    ({ name, values }) => name.endsWith(basisName) && values.length === 2 * bins * size,
  );
  const prefix = basis.name.slice(0, -basisName.length);
  const weight = (name) => tensors.find((tensor) => tensor.name === prefix + name).values;
  const channels = [bins, 128, 64, 64, 128];
  const convolutions = channels.slice(1).map((to, n) => {
    const from = channels[n];
    const width = four(from);
    const given = weight(`encoder.${n}.reparam_conv.weight`);
    // The channels of a frame lie next to each other.
    return matrix(to, 3 * width, (row, i) =>
      i % width < from ? given[(row * from + (i % width)) * 3 + Math.floor(i / width)] : 0,
    );
  });
  const [input, hidden] = [weight('decoder.rnn.weight_ih'), weight('decoder.rnn.weight_hh')];
  const hiddenBias = weight('decoder.rnn.bias_hh');
  return [
    matrix(2 * bins, size, (row, i) => basis.values[row * size + i]),
    ...convolutions,
    matrix(512, 256, (row, i) => (i < 128 ? input[row * 128 + i] : hidden[row * 128 + i - 128])),
    ...convolutions.map((_, n) => weight(`encoder.${n}.reparam_conv.bias`)),
    weight('decoder.rnn.bias_ih').map((value, i) => value + hiddenBias[i]),
    weight('decoder.decoder.2.weight'),
    matrix(1, 1, () => weight('decoder.decoder.2.bias')[0]),
  ];
}

const folder = join(resolve(packages), 'node_modules');
const model = readFileSync(join(folder, '@ricky0123/vad-web/dist/silero_vad_v6.onnx'));
const data = Buffer.concat(
  weightsOf(constantsOf(model)).map((values) => Buffer.from(values.buffer, 0, values.byteLength)),
);
const escaped = data.toString('hex').replace(/../g, '\\$&');
const source = readFileSync(join(room, 'multiply.wat'), 'utf8').trimEnd();
const wabt = await createRequire(join(folder, 'wabt/package.json'))('wabt')();
const module = wabt.parseWat('silero.wat', source.replace(/\)$/, `(data (i32.const 0) "${escaped}"))`), {
  simd: true,
});
module.validate();
const { buffer } = module.toBinary({});
writeFileSync(join(room, 'silero-v6-8khz.wasm'), buffer);
console.log(`silero-v6-8khz.wasm: ${buffer.length} bytes, of which ${data.length} are weights.`);
