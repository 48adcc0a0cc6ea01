// Jest's own framework, with Node's modules instead of Jest's: the files of tests that one process runs share the modules that they
// import. Jest gives each file all modules anew, in a context of its own; with some 380 files, most of the time of `npm test` went
// there. Each file still has its own hooks, mocks, timers and time limit.
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ModuleMocker } from 'jest-mock';
import { ModernFakeTimers } from '@jest/fake-timers';
import circus from 'jest-circus/runner';
import './property-seed.js';
import { projectFolder, testFolder } from './build-tests.js';
import { current } from './current-test-file.js';

const require = createRequire(import.meta.url);
const mocker = new ModuleMocker(globalThis);
const plainConsole = globalThis.console;
const environment = { ...process.env };

/** What Jest keeps for a file of tests: @see jest-circus, src/types.ts. */
const handlers = Symbol.for('EVENT_HANDLERS');
const timeLimit = Symbol.for('TEST_TIMEOUT_SYMBOL');

/** Where Jest's framework asks for modules. */
class NodeModules {
  #timers;

  constructor(timers) {
    this.#timers = timers;
  }

  /** The framework keeps the tests it has found in its module, so that is read anew. */
  requireInternalModule(path) {
    delete require.cache[path];
    return require(path);
  }

  requireModule(path) {
    return require(path);
  }

  unstable_shouldLoadAsEsm() {
    return true;
  }

  unstable_importModule(path) {
    const built = join(testFolder, relative(projectFolder, path).replace(/\.tsx?$/, '.js'));
    return import(pathToFileURL(built).href);
  }

  setGlobalsForRuntime(globals) {
    const timers = this.#timers;
    const jest = {
      advanceTimersByTime: (ms) => timers.advanceTimersByTime(ms),
      fn: mocker.fn.bind(mocker),
      restoreAllMocks: () => mocker.restoreAllMocks(),
      setTimeout: (ms) => void (globalThis[timeLimit] = ms),
      spyOn: mocker.spyOn.bind(mocker),
      useFakeTimers: (options) => timers.useFakeTimers(options),
      useRealTimers: () => timers.useRealTimers(),
    };
    current.globals = { ...globals, jest };
  }

  enterTestCode() {}
  leaveTestCode() {}
}

function restoreEnvironment() {
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
}

export default async function framework(globalConfig, config, { global }, _runtime, testPath, send) {
  const timers = new ModernFakeTimers({ config, global: globalThis });
  delete globalThis[handlers];
  delete globalThis[timeLimit];
  globalThis.console = global.console;
  try {
    return await circus.default(globalConfig, config, { global: globalThis }, new NodeModules(timers), testPath, send);
  } finally {
    timers.dispose();
    mocker.restoreAllMocks();
    restoreEnvironment();
    globalThis.console = plainConsole;
  }
}
