import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cliBin } from '../../test/harness/cli-process.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hzrelay-node-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the program as a Node of this version would. */
function runAs(version: string): { status: number | null; stdout: string; stderr: string } {
  const pretend = join(folder, `${version}.cjs`);
  writeFileSync(pretend, `Object.defineProperty(process.versions, 'node', { value: '${version}' });`);
  return spawnSync(process.execPath, ['--require', pretend, cliBin, '--version'], { encoding: 'utf8' });
}

describe('a Node that is too old', () => {
  it.each(['20.18.3', '18.20.8', '16.20.2', '12.22.12'])('(%s) is told in one line', (version) => {
    expect(runAs(version)).toMatchObject({
      status: 1,
      stdout: '',
      stderr: `error: hzrelay needs Node 20.19 or later, and this is Node ${version}. Install a current one from https://nodejs.org.\n`,
    });
  });

  it('is one that the package does not promise to run on', () => {
    const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      engines: { node: string };
    };
    expect(engines.node).toBe('>=20.19');
    expect(runAs('20.19.0')).toMatchObject({ status: 0, stderr: '' });
    expect(runAs('22.1.0')).toMatchObject({ status: 0, stderr: '' });
  });

  it('can read all of the program that tells it: no syntax of later ones', () => {
    const source = readFileSync(cliBin, 'utf8');
    expect(source).not.toMatch(/^\s*(import\s+[^(]|export\s)|=>|`|\bconst\b|\blet\b|\bawait\b|\?\.|\?\?/m);
  });
});
