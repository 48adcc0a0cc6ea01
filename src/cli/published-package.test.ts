import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const root = fileURLToPath(new URL('../../', import.meta.url));

interface LockedPackage {
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly engines?: { readonly node?: string };
}

interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

interface Manifest {
  readonly overrides?: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** Whether no alternative of the range admits Node 20.19.0, the oldest that the package promises. */
function wantsLaterNode(range: string): boolean {
  return range.split('||').every((alternative) => {
    const [, sign = '', major = '0', minor = '0'] =
      /^\s*([<>=^~]*)\s*v?(\d+)(?:\.(\d+))?/.exec(alternative) ?? [];
    if (sign.startsWith('<')) return false;
    const isOlder = Number(major) < 20 || (Number(major) === 20 && Number(minor) <= 19);
    return !isOlder || (sign === '>' && Number(major) === 20 && minor === '0');
  });
}

const read = (name: string): unknown => JSON.parse(readFileSync(`${root}${name}`, 'utf8'));

describe('the package, as others install it,', () => {
  it.each([
    ['hzrelay', 'createRelay'],
    ['hzrelay/browser', 'connect'],
    ['hzrelay/react', 'useCall'],
    ['hzrelay/testing', 'simulateCall'],
    ['hzrelay/package.json', 'name'],
  ])('gives %s to require() and to import', (name, member) => {
    const isJson = name.endsWith('.json');
    const programs = [
      `console.log(typeof require('${name}').${member})`,
      ...(isJson ? [] : [`import('${name}').then((all) => console.log(typeof all.${member}))`]),
    ];
    for (const program of programs) {
      const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], {
        cwd: root,
        encoding: 'utf8',
      });
      expect({ stdout, stderr }).toEqual({ stdout: isJson ? 'string\n' : 'function\n', stderr: '' });
    }
  });

  it('brings nothing along that wants a later Node than it does itself', () => {
    const { packages } = read('package-lock.json') as Lock;
    const later = Object.entries(packages)
      .filter(([, { dev, optional }]) => !dev && !optional)
      .filter(([, { engines }]) => wantsLaterNode(engines?.node ?? ''))
      .map(([path]) => path);
    expect(later).toEqual([]);
  });

  it.each([
    ['>=22', true],
    ['>= 20.20.0', true],
    ['^22.12.0 || >=24', true],
    ['>20', true],
    ['21.x', true],
    ['^18 || ^20.19 || >=22', false],
    ['>=20.19', false],
    ['>=18 <23', false],
    ['*', false],
    ['', false],
  ])('knows what Node the range "%s" wants', (range, isLater) => {
    expect(wantsLaterNode(range)).toBe(isLater);
  });

  it('owes that to no override, which would not reach others', () => {
    const { overrides = {}, dependencies } = read('package.json') as Manifest;
    const { packages } = read('package-lock.json') as Lock;
    for (const name of Object.keys(overrides))
      expect([name, packages[`node_modules/${name}`]?.dev]).toEqual([name, true]);
    // 6.8 wants cookie 2, which wants Node 22. fastify takes any 6.
    expect(dependencies['light-my-request']).toBe('~6.6.0');
  });
});
