/**
 * The native WebRTC library of this process: loaded for the first connection, shut down after the last release. Without
 * the shutdown its handles keep the process alive. The shutdown closes every connection of the process, so it waits for
 * the last lease.
 */
import type * as NodeDataChannel from 'node-datachannel';
import { TransportError } from '../../core/errors.js';

export type WebRtcLibrary = typeof NodeDataChannel;

/** A claim on the library, which stays up while any lease is held. */
export interface WebRtcLease {
  /**
   * Loads the library once, in about 20 ms. A relay calls it early so that the first caller need not wait. Rejects with
   * a TransportError if there is no build for this platform.
   */
  load(): Promise<WebRtcLibrary>;
  /**
   * Releases the claim. Idempotent. Resolves after the shutdown if this was the last claim and no new one was made
   * meanwhile, else soon.
   */
  release(): Promise<void>;
}

let leases = 0;
let library: Promise<WebRtcLibrary> | null = null;
/** Whether it was used since the last shutdown: it starts again by itself at the next use. */
let isUp = false;
const kept = new Set<object>();

/** Claims the library without loading it. The caller releases the claim. */
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
 * Keeps a native object from being garbage-collected until {@link letGo} or the shutdown. If a track or channel is
 * collected before its `onClosed` ran, it leaves a dangling pointer that crashes the next shutdown. A channel that
 * never opened never calls `onClosed`.
 */
export function keep(native: object): void {
  kept.add(native);
}

/** Lets a native object be collected, after it is fully closed. */
export function letGo(native: object): void {
  kept.delete(native);
}

/** Held leases and native objects, for tests of leaks. */
export function webRtcUse(): { readonly leases: number; readonly nativeObjects: number } {
  return { leases, nativeObjects: kept.size };
}

async function shutDownIfUnused(): Promise<void> {
  // A release often happens within a callback of the library, which must return before the shutdown.
  await new Promise((resolve) => setImmediate(resolve));
  if (leases > 0 || !isUp || !library) return;
  isUp = false;
  (await library).cleanup();
  kept.clear();
}
