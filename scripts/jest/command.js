/** The arguments of Node that run Jest; Jest's own come after them. Jest hands Node's on to its workers. */
export const jestCommand = [
  // With more room for young objects, less is collected.
  '--max-semi-space-size=64',
  '--require=./scripts/jest/plain-test-context.cjs',
  'node_modules/jest/bin/jest.js',
];
