// What a test imports from '@jest/globals'. Jest makes these functions anew for each file of tests; modules that several files share
// keep theirs, so each passes on to those of the file that runs.
import { current } from './current-test-file.js';

function follow(name) {
  const now = () => current.globals[name];
  return new Proxy(function () {}, {
    apply: (_, self, args) => Reflect.apply(now(), self, args),
    get: (_, key) => now()[key],
  });
}

export const afterAll = follow('afterAll');
export const afterEach = follow('afterEach');
export const beforeAll = follow('beforeAll');
export const beforeEach = follow('beforeEach');
export const describe = follow('describe');
export const expect = follow('expect');
export const it = follow('it');
export const jest = follow('jest');
export const test = follow('test');
