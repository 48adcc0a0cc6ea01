// Tests import TypeScript through swc; workers, which Node 20 cannot start from TypeScript, come from dist, so
// `npm test` builds first. Files named *.call.test.ts hold calls that run in real time: they run one at a time.
const shared = {
  testEnvironment: 'node',
  roots: ['<rootDir>/src'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
};

export default {
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['**/*.test.ts'],
      testPathIgnorePatterns: ['\\.call\\.test\\.ts$'],
    },
    { ...shared, displayName: 'call', testMatch: ['**/*.call.test.ts'] },
  ],
};
