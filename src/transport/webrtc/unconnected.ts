import { isLoopbackOnly } from './local-candidates.js';
import { ForeignMachineError } from './peer-connection.js';
import type { Machine } from './this-machine.js';

/**
 * Explains for the log why an answered call never connected, with a remedy. `failure` is null if the browser ended the
 * call, as the page does after 10 s; `answer` is the description that it got.
 */
export function whyUnconnected(
  failure: Error | null,
  answer: string,
  machine: Pick<Machine, 'hasNetwork'>,
): string {
  if (failure instanceof ForeignMachineError || !isLoopbackOnly(answer))
    return failure?.message ?? 'The browser gave up: there is no path for UDP, or the visitor left.';
  return machine.hasNetwork
    ? 'The relay offers only 127.0.0.1 (webrtc.bindAddress, --webrtc-bind), which Firefox does not use for audio and other machines cannot reach: leave the option out, or give a network address of this machine.'
    : 'This machine has no network except loopback, which browsers do not use for audio: connect it to any network, even one without internet.';
}
