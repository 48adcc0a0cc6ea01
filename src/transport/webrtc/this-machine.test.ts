import { describe, expect, it } from '@jest/globals';
import { isLoopbackAddress, ThisMachine, type Interfaces } from './this-machine.js';

const mac = '02:00:00:00:00:01';
const lo = [
  { address: '127.0.0.1', netmask: '255.0.0.0', family: 'IPv4', mac, internal: true, cidr: '127.0.0.1/8' },
  { address: '::1', netmask: '', family: 'IPv6', mac, internal: true, cidr: '::1/128', scopeid: 0 },
] as const;
const wifi = [
  { address: '192.168.1.5', netmask: '', family: 'IPv4', mac, internal: false, cidr: '192.168.1.5/24' },
  { address: 'fd00::5', netmask: '', family: 'IPv6', mac, internal: false, cidr: 'fd00::5/64', scopeid: 0 },
  { address: 'fe80::1', netmask: '', family: 'IPv6', mac, internal: false, cidr: 'fe80::1/64', scopeid: 4 },
] as const;

describe('the machine', () => {
  const machine = new ThisMachine({ lo, wifi, gone: undefined } satisfies Interfaces);

  it.each([
    ['192.168.1.5', true],
    ['127.0.0.1', true],
    ['127.8.9.1', true],
    ['::1', true],
    ['fd00::5', true],
    ['FD00::5', true],
    ['fe80::1%wifi', true],
    ['::ffff:192.168.1.5', true],
    ['192.168.1.6', false],
    ['::ffff:192.168.1.6', false],
    ['fd00::6', false],
    ['203.0.113.9', false],
    ['', false],
  ])('has the address %s: %s', (address, own) => {
    expect(machine.has(address)).toBe(own);
  });

  it.each([
    ['192.168.1.200', true],
    ['192.168.2.1', false],
    ['fd00::abcd', true],
    ['fd01::abcd', false],
    ['127.0.0.2', false],
    ['fe80::2', false],
    ['no address', false],
  ])('is attached to the network of %s: %s', (address, attached) => {
    expect(machine.isAttachedTo(address)).toBe(attached);
  });

  it('has no network if there are only loopback and link-local addresses', () => {
    expect(machine.hasNetwork).toBe(true);
    expect(new ThisMachine({ lo }).hasNetwork).toBe(false);
    expect(new ThisMachine({ lo, wifi: [wifi[2]] }).hasNetwork).toBe(false);
    expect(new ThisMachine({}).hasNetwork).toBe(false);
  });

  it('reads the real interfaces', () => {
    expect(new ThisMachine().has('127.0.0.1')).toBe(true);
  });
});

it.each([
  ['127.0.0.1', true],
  ['127.255.0.1', true],
  ['::1', true],
  ['128.0.0.1', false],
  ['::2', false],
])('%s is a loopback address: %s', (address, loopback) => {
  expect(isLoopbackAddress(address)).toBe(loopback);
});
