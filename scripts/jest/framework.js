// Jest's own framework, with Node's modules instead of Jest's: the files of tests that one process runs share the modules that they
// import. Jest gives each file all modules anew, in a context of its own; with some 380 files, more than half of the time of
// `npm test` went there. Each file still has its own hooks, mocks, timers, time limit and environment variables.
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import adapter from 'jest-circus/runner';
import { projectFolder, testFolder } from './build-tests.js';
import { forgetTests, setGlobals } from './globals.js';
import './property-seed.js';

// What the engine imports when first used: files take time to be read, for which the virtual time of a test would not wait.
const firstUsed = [
  '@deepgram/sdk',
  '@echogarden/fvad-wasm',
  '@elevenlabs/elevenlabs-js',
  '@evan/opus',
  'node-datachannel',
  'openai',
  'proper-lockfile',
  'twilio/lib/twiml/VoiceResponse.js',
  'undici',
];
await Promise.all(firstUsed.map((name) => import(name)));

const require = createRequire(import.meta.url);
const plainConsole = globalThis.console;
const environment = { ...process.env };

function restoreEnvironment() {
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
}

/** Where Jest's framework asks for modules. */
const modules = {
  requireInternalModule: require,
  requireModule: require,
  unstable_shouldLoadAsEsm: () => true,
  unstable_importModule(path) {
    const built = join(testFolder, relative(projectFolder, path).replace(/\.tsx?$/, '.js'));
    return import(pathToFileURL(built).href);
  },
  setGlobalsForRuntime: setGlobals,
  enterTestCode() {},
  leaveTestCode() {},
};

/** Runs a file of tests. Its shape is Jest's: https://jestjs.io/docs/configuration#testrunner-string */
export default async function framework(globalConfig, config, { global }, _runtime, testPath, send) {
  forgetTests();
  globalThis.console = global.console;
  try {
    return await adapter.default(globalConfig, config, { global: globalThis }, modules, testPath, send);
  } finally {
    globalThis.console = plainConsole;
    restoreEnvironment();
  }
}
