// Loaded into Jest's processes before Jest. From 30.5 on, Jest runs each test in an AsyncLocalStorage, to know which test a stray
// error belongs to. Before 24, Node then runs a hook for every promise: 6 % of the processor time of all tests. No test here
// is concurrent with another of its process, so the test that runs last is the one, and a variable is enough.
const { AsyncLocalStorage } = require('node:async_hooks');

const contexts = new WeakMap();
const { run, getStore } = AsyncLocalStorage.prototype;
const isOfTest = (store) =>
  typeof store === 'object' && store !== null && ('test' in store || 'hook' in store);

if (Number.parseInt(process.versions.node, 10) < 24) {
  AsyncLocalStorage.prototype.run = function (store, callback, ...args) {
    if (!isOfTest(store)) return run.call(this, store, callback, ...args);
    const outer = contexts.get(this);
    contexts.set(this, store);
    return callback(...args).finally(() => contexts.set(this, outer));
  };
  AsyncLocalStorage.prototype.getStore = function () {
    return contexts.get(this) ?? getStore.call(this);
  };
}
