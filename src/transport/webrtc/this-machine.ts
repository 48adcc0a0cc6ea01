import { BlockList, isIPv4 } from 'node:net';
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';

/** The system's network interfaces, by name. */
export type Interfaces = NodeJS.Dict<readonly NetworkInterfaceInfo[]>;

/** The part of {@link ThisMachine} that a call needs. */
export type Machine = Pick<ThisMachine, 'has' | 'hasNetwork' | 'isAttachedTo'>;

/**
 * The addresses of this machine at the time of construction. Interfaces come and go, so make a new one for each call.
 */
export class ThisMachine {
  readonly #own = new Set<string>();
  readonly #attached = new BlockList();
  /** Whether the machine has a network beside loopback and link-local addresses. */
  readonly hasNetwork: boolean;

  constructor(interfaces: Interfaces = networkInterfaces()) {
    const all = Object.values(interfaces).flatMap((each) => each ?? []);
    const outside = all.filter(({ internal, address }) => !internal && !isLinkLocal(address));
    this.hasNetwork = outside.length > 0;
    for (const { address } of all) this.#own.add(plain(address));
    for (const { address, cidr } of outside) {
      const bits = Number(cidr?.split('/')[1]);
      if (Number.isInteger(bits)) this.#attached.addSubnet(address, bits, familyOf(address));
    }
  }

  /** Whether this is one of the machine's own addresses, including loopback. */
  has(address: string): boolean {
    const own = plain(address);
    return this.#own.has(own) || isLoopbackAddress(own);
  }

  /** Whether the address is in a network that an interface is attached to. */
  isAttachedTo(address: string): boolean {
    const other = plain(address);
    return this.#attached.check(other, familyOf(other));
  }
}

/** Whether packets to this address never leave the machine (RFC 6890, section 2.2.2). */
export function isLoopbackAddress(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

/** Link-local addresses of RFC 3927 and RFC 4291, section 2.5.6. */
function isLinkLocal(address: string): boolean {
  return /^169\.254\.|^fe[89ab]/i.test(address);
}

/** The address without zone (`%eth0`), and as IPv4 if it is mapped to IPv6 (RFC 4291, section 2.5.5.2). */
function plain(address: string): string {
  return address
    .toLowerCase()
    .replace(/%.*$/, '')
    .replace(/^::ffff:(?=\d+\.)/, '');
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6';
}
