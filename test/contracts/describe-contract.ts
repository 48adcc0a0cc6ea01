import { afterAll, describe, it } from '@jest/globals';
import type { ContractSuite } from '#src/simulators/contracts/contract-suite.js';

/** Runs a published contract's cases under Jest. */
export function describeContract(name: string, suite: ContractSuite): void {
  describe(name, () => {
    afterAll(() => suite.close());
    for (const { name: what, run } of suite.cases) it(what, run);
  });
}
