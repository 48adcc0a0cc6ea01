// Tests import TypeScript through swc (scripts/jest-transform.js); workers, which Node 20 cannot start from TypeScript, come from dist, so
// `npm test` builds first. Files named *.call.test.ts hold calls that run in real time, and *.browser.test.ts those of real
// browsers (see scripts/run-tests.js); those named *.soak.test.ts take long and run in `npm run soak -- --only tests` alone.
// The native Opus addon encodes nothing from the second test file of a process on; its WebAssembly does.
process.env.OPUS_FORCE_WASM = '1';

// Tests choose their providers: what happens to be in the environment must not.
for (const vendor of ['DEEPGRAM', 'OPENAI', 'ELEVENLABS']) {
  delete process.env[`${vendor}_API_KEY`];
  delete process.env[`${vendor}_BASE_URL`];
}

function swc(syntax) {
  const jsc = {
    target: 'es2022',
    parser: { syntax: 'typescript', ...syntax },
    transform: { react: { runtime: 'automatic' } },
  };
  return { jsc, module: { type: 'es6' } };
}

const shared = {
  testEnvironment: 'node',
  injectGlobals: false,
  roots: ['<rootDir>/src', '<rootDir>/test'],
  setupFiles: ['<rootDir>/scripts/property-seed.js'],
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  moduleNameMapper: { '^#src/(.*)\\.js$': '<rootDir>/src/$1', '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': ['<rootDir>/scripts/jest-transform.js', swc({})],
    '^.+\\.tsx$': ['<rootDir>/scripts/jest-transform.js', swc({ tsx: true })],
  },
};

export default {
  // A limit for what hangs, not for what is slow: whole calls run here, the unit tests with what time the others leave.
  testTimeout: 180_000,
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
