// What a test imports from '@jest/globals', for tests that share their modules: the functions of one copy of Jest's framework, whose
// state is made anew for each file of tests.
import { ModernFakeTimers } from '@jest/fake-timers';
import { getState, resetState } from 'jest-circus';
import { ModuleMocker } from 'jest-mock';

/** Where the framework keeps its state. Source: https://github.com/jestjs/jest/blob/v30.0.0/packages/jest-circus/src/types.ts */
const stateName = 'JEST_STATE_SYMBOL';
const handlersKey = Symbol.for('EVENT_HANDLERS');
const timeLimitKey = Symbol.for('TEST_TIMEOUT_SYMBOL');
/** Those of the framework itself; it adds others for each file. */
const ownHandlers = globalThis[handlersKey].length;

const mocker = new ModuleMocker(globalThis);
const timers = new ModernFakeTimers({ config: { fakeTimers: {} }, global: globalThis });

export let afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test;

export const jest = {
  advanceTimersByTime: (ms) => timers.advanceTimersByTime(ms),
  fn: mocker.fn.bind(mocker),
  restoreAllMocks: () => mocker.restoreAllMocks(),
  setTimeout: (ms) => void (globalThis[timeLimitKey] = ms),
  spyOn: mocker.spyOn.bind(mocker),
  useFakeTimers: (options) => timers.useFakeTimers(options),
  useRealTimers: () => timers.useRealTimers(),
};

/** Takes the functions of Jest's framework, when it has read itself. */
export function setGlobals(functions) {
  ({ afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test } = functions);
}

/** Forgets the tests, mocks and settings of the file before. */
export function forgetTests() {
  mocker.restoreAllMocks();
  timers.useRealTimers();
  delete globalThis[timeLimitKey];
  globalThis[handlersKey].length = ownHandlers;
  // The adapter for Jest's results has a copy of the framework of its own, with a symbol of its own.
  resetState();
  const state = getState();
  for (const key of Object.getOwnPropertySymbols(globalThis))
    if (key.description === stateName) globalThis[key] = state;
}
