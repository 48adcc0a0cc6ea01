/**
 * The native WebRTC library of this process: loaded when the first connection needs it, shut down when nobody uses it.
 * Without that shutdown its handles keep the process alive for ever; and the shutdown closes every connection of the
 * process, so it has to wait for the last user.
 */
import type * as NodeDataChannel from 'node-datachannel';
import { TransportError } from '../../errors.js';

export type WebRtcLibrary = typeof NodeDataChannel;

/** A claim on the library; as long as one is held, it stays up. */
export interface WebRtcLease {
  /**
   * Loads the library unless it is loaded: some 20 ms the first time. A relay calls it beforehand so that the first caller
   * need not wait. Throws a TransportError where there is no build of it for this platform.
   */
  load(): Promise<WebRtcLibrary>;
  /**
   * Gives the claim back. Idempotent. Resolves when the library is shut down, if this was the last claim and nobody made
   * another meanwhile, else soon.
   */
  release(): Promise<void>;
}

let leases = 0;
let library: Promise<WebRtcLibrary> | null = null;
/** Whether it was loaded since the last shutdown: it starts again by itself when it is used. */
let isUp = false;
const kept = new Set<object>();

/** Claims the library without loading it. Whoever claims it has to release it. */
export function leaseWebRtc(): WebRtcLease {
  leases++;
  let isHeld = true;
  return {
    async load() {
      isUp = true;
      library ??= import('node-datachannel');
      try {
        return await library;
      } catch (cause) {
        library = null;
        isUp = false;
        throw new TransportError(
          'The WebRTC library node-datachannel cannot be loaded on this platform; reinstall with optional dependencies.',
          { cause },
        );
      }
    },
    async release() {
      if (!isHeld) return;
      isHeld = false;
      leases--;
      await shutDownIfUnused();
    },
  };
}

/**
 * Keeps a native object from being garbage-collected until {@link letGo} or the shutdown. A track or channel that is
 * collected before its `onClosed` has run leaves a dangling pointer behind, and the next shutdown crashes on it. For a
 * channel that never opened it never runs.
 */
export function keep(native: object): void {
  kept.add(native);
}

/** The native object is closed through and through: it may be collected. */
export function letGo(native: object): void {
  kept.delete(native);
}

/** What is in use: for tests that look for leaks. */
export function webRtcUse(): { readonly leases: number; readonly nativeObjects: number } {
  return { leases, nativeObjects: kept.size };
}

async function shutDownIfUnused(): Promise<void> {
  // A release often happens inside one of the library's own callbacks, which must not be pulled away from under it.
  await new Promise((resolve) => setImmediate(resolve));
  if (leases > 0 || !isUp || !library) return;
  isUp = false;
  (await library).cleanup();
  kept.clear();
}
