// Turns TypeScript into JavaScript for Jest, and binds the language's own names in each module. Jest runs modules in a
// context whose globals are looked up by name at each use, hundreds of ns a time: a `Math.abs` for each sample of a call costs
// more than the call. A module's own constant costs nothing.
import { createHash } from 'node:crypto';
import swc from '@swc/jest';

/** Names that no test replaces. Those of fake timers (Date, setTimeout, queueMicrotask ...) must stay what they are. */
const names =
  'Array ArrayBuffer BigInt Boolean Buffer DataView Error Float32Array Float64Array Infinity Int16Array Int32Array JSON Map ' +
  'Math NaN Number Object Promise RangeError Reflect RegExp Set String Symbol TypeError Uint8Array Uint16Array Uint32Array ' +
  'WeakMap WeakSet';
const used = new RegExp(`(?<![\\w$.])(?:${names.replaceAll(' ', '|')})(?![\\w$])`, 'g');
/** Of what this file does, since Jest keeps its output. */
const version = createHash('sha1').update(`${names}${used}${bind}`).digest('hex');

/** On the first line, so that no line of the module moves. */
function bind(output) {
  const found = [...new Set(output.code.match(used) ?? [])].sort();
  if (found.length === 0) return output;
  return { ...output, code: `const { ${found.join(', ')} } = globalThis; ${output.code}` };
}

export default {
  createTransformer(options) {
    const plain = swc.createTransformer(options);
    return {
      canInstrument: plain.canInstrument,
      process: (...source) => bind(plain.process(...source)),
      processAsync: async (...source) => bind(await plain.processAsync(...source)),
      getCacheKey: (...source) => `${plain.getCacheKey(...source)}${version}`,
    };
  },
};
