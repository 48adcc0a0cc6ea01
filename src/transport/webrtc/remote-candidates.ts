/**
 * Decides to which of an offer's addresses the relay sends checks. Each check is a packet to an address chosen by an
 * untrusted client (RFC 8445, section 19.5). If the browser can reach the relay, none is needed: the browser's own
 * checks show its address. Checks only help through a firewall or NAT in front of the relay, so few are enough.
 */
import { BlockList, isIPv4 } from 'node:net';
import type { Machine } from './this-machine.js';

/** Maximum number of candidates used for one call. */
export const maxRemoteCandidates = 8;

export interface CandidatePolicy {
  /** Whether only browsers of this machine are served. */
  readonly onlyThisMachine: boolean;
  /**
   * The public address that maps to this machine. With one, callers come from the internet, not from the machine's own
   * networks.
   */
  readonly advertisedAddress: string | null;
}

/**
 * Never a browser's address: this network, loopback, link-local (metadata services of clouds), multicast, reserved (RFC
 * 6890).
 */
const never = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['224.0.0.0', 3],
] as const)
  never.addSubnet(network, bits, 'ipv4');
for (const [network, bits] of [
  ['::', 127],
  ['64:ff9b::', 96],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  never.addSubnet(network, bits, 'ipv6');

/** Not routed on the internet (RFC 1918, RFC 6598, RFC 4193, RFC 2544). */
const unrouted = new BlockList();
for (const [network, bits] of [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
] as const)
  unrouted.addSubnet(network, bits, 'ipv4');
unrouted.addSubnet('fc00::', 7, 'ipv6');

/** Lowest port of browsers; lower ones belong to services (RFC 6335, section 6). */
const lowestPort = 1024;

/** The other end's candidates for one call, from its offer and later ones. */
export class RemoteCandidates {
  readonly #policy: CandidatePolicy;
  readonly #machine: Machine;
  readonly #use: (candidate: string) => void;
  readonly #seen = new Set<string>();

  /** `use` gets a candidate that may be checked; it may throw if it cannot use it. */
  constructor(policy: CandidatePolicy, machine: Machine, use: (candidate: string) => void) {
    this.#policy = policy;
    this.#machine = machine;
    this.#use = use;
  }

  /**
   * Uses candidates (RFC 8839, section 5.1, without `a=`) in order, each once, up to {@link maxRemoteCandidates} per
   * call:
   * - if only this machine is served: its own addresses;
   * - else: internet addresses and, without an advertised address, those in networks that the machine is attached to.
   */
  add(candidates: readonly string[]): void {
    for (const candidate of candidates) {
      const [, , , , address = '', port = ''] = candidate.split(' ');
      const place = `${address} ${port}`;
      if (this.#seen.size >= maxRemoteCandidates || this.#seen.has(place)) continue;
      if (!isUserPort(Number(port)) || !mayCheck(address, this.#policy, this.#machine)) continue;
      this.#seen.add(place);
      try {
        this.#use(candidate);
      } catch {
        // An unusable candidate is only one path less.
      }
    }
  }
}

function isUserPort(port: number): boolean {
  return port >= lowestPort && port <= 65_535;
}

function mayCheck(address: string, policy: CandidatePolicy, machine: Machine): boolean {
  if (policy.onlyThisMachine) return machine.has(address);
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  if (never.check(address, family)) return false;
  return (
    !unrouted.check(address, family) || (policy.advertisedAddress === null && machine.isAttachedTo(address))
  );
}
