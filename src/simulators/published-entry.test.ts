import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

const root = new URL('../../', import.meta.url);

async function devDependencies(): Promise<string[]> {
  const manifest = JSON.parse(await readFile(new URL('package.json', root), 'utf8')) as {
    readonly devDependencies: Readonly<Record<string, string>>;
  };
  return Object.keys(manifest.devDependencies);
}

/** A loader that fails imports of these packages. */
function refusing(names: readonly string[]): string {
  const hook = `export async function resolve(specifier, context, next) {
    if (${JSON.stringify(names)}.some((name) => specifier === name || specifier.startsWith(name + '/')))
      throw new Error('It needs ' + specifier);
    return next(specifier, context);
  }`;
  return `import { register } from 'node:module';
    register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hook)}));`;
}

/** The packages that a declaration file imports, directly or through other files. */
function packagesTypedBy(file: URL, seen = new Set<string>()): Set<string> {
  const packages = new Set<string>();
  if (seen.has(file.href) || !existsSync(file)) return packages;
  seen.add(file.href);
  for (const [, from, dynamic] of readFileSync(file, 'utf8').matchAll(
    / from '([^']+)'|import\('([^']+)'\)/g,
  )) {
    const name = from ?? dynamic ?? '';
    if (!name.startsWith('.')) packages.add(name);
    else
      for (const found of packagesTypedBy(new URL(name.replace(/\.js$/, '.d.ts'), file), seen))
        packages.add(found);
  }
  return packages;
}

describe('hzrelay/testing, as it is published', () => {
  it('can be imported with only the dependencies installed, and exports its public names', async () => {
    const entry = new URL('dist/simulators/index.js', root).href;
    const script = `${refusing(await devDependencies())}
      console.log(JSON.stringify(Object.keys(await import(${JSON.stringify(entry)}))));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
    expect(JSON.parse(stdout)).toEqual([
      'VirtualClock',
      'answersOf',
      'hearingInTurn',
      'hearingOf',
      'languageModelContract',
      'scriptedHearing',
      'simulateCall',
      'speechToTextContract',
      'startDeepgramSimulator',
      'startElevenLabsSimulator',
      'startOpenAiSimulator',
      'startSimulatedVendors',
      'startTwilioRestSimulator',
      'textToSpeechContract',
      'toneVoice',
    ]);
  });

  it('has types that need no dev dependency either', async () => {
    const development = await devDependencies();
    const packages = [...packagesTypedBy(new URL('dist/simulators/index.d.ts', root))];
    expect(packages).toContain('zod');
    expect(
      packages.filter((name) => development.includes(name) || development.includes(`@types/${name}`)),
    ).toEqual([]);
  });
});
