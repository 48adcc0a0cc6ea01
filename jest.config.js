// Tests run from what scripts/jest/build-tests.js makes of them, with modules that are shared (scripts/jest/framework.js). Files named
// *.call.test.ts hold calls that run in real time, and *.browser.test.ts those of real browsers (see scripts/run-tests.js); those
// named *.soak.test.ts take long and run in `npm run soak -- --only tests` alone.

// Tests choose their providers: what happens to be in the environment must not.
for (const vendor of ['DEEPGRAM', 'OPENAI', 'ELEVENLABS', 'ANTHROPIC']) {
  delete process.env[`${vendor}_API_KEY`];
  delete process.env[`${vendor}_BASE_URL`];
}

const shared = {
  testEnvironment: 'node',
  testRunner: '<rootDir>/scripts/jest/framework.js',
  globalSetup: '<rootDir>/scripts/jest/build-tests.js',
  injectGlobals: false,
  roots: ['<rootDir>/src', '<rootDir>/test'],
  transform: {},
};

export default {
  // A limit for what hangs, not for what is slow: whole calls run here, the unit tests with what time the others leave.
  testTimeout: 180_000,
  // With a limit, Jest never runs tests in its own process, which would keep their modules when a source changes.
  workerIdleMemoryLimit: '2GB',
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['**/*.test.ts', '**/*.test.tsx'],
      testPathIgnorePatterns: ['\\.(browser|call|soak)\\.test\\.ts$'],
    },
    { ...shared, displayName: 'browser', testMatch: ['**/*.browser.test.ts'] },
    { ...shared, displayName: 'call', testMatch: ['**/*.call.test.ts'] },
    { ...shared, displayName: 'soak', testMatch: ['**/*.soak.test.ts'] },
  ],
};
