// Makes JavaScript of the sources and tests, in build/tests: a copy of the project with src and test compiled, and links to all the
// rest, so that every relative path is right there too. Compiles only what has changed. Jest calls this before each run.
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformFile } from '@swc/core';
import { glob } from 'tinyglobby';

export const projectFolder = fileURLToPath(new URL('../../', import.meta.url));
export const testFolder = join(projectFolder, 'build/tests');

const links = ['bin', 'dist', 'docs', 'examples', 'fixtures', 'node_modules', 'package-lock.json', 'scripts'];
const compiled = (path) => path.replace(/\.tsx?$/, '.js');

async function compile(path, target) {
  const { code } = await transformFile(join(projectFolder, path), {
    swcrc: false,
    sourceMaps: 'inline',
    module: { type: 'es6' },
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', tsx: path.endsWith('x') },
      transform: { react: { runtime: 'automatic' } },
    },
  });
  // Modules outlive the file of tests that Jest's own module belongs to.
  await writeFile(target, code.replaceAll(/from ['"]@jest\/globals['"]/g, "from '#jest-globals'"));
}

/** Gives the target the time of its source, so that a source that was changed back is noticed, too. */
async function bring(path) {
  const source = join(projectFolder, path);
  const target = join(testFolder, compiled(path));
  const { atime, mtime } = await stat(source);
  const old = await stat(target).catch(() => undefined);
  if (old?.mtime.getTime() === mtime.getTime()) return;
  await mkdir(dirname(target), { recursive: true });
  if (/\.tsx?$/.test(path)) await compile(path, target);
  else await copyFile(source, target);
  await utimes(target, atime, mtime);
}

async function manifest() {
  const own = JSON.parse(await readFile(join(projectFolder, 'package.json'), 'utf8'));
  own.imports = { '#src/*': './src/*', '#jest-globals': './scripts/jest/globals.js' };
  const target = join(testFolder, 'package.json');
  const old = await readFile(target, 'utf8').catch(() => undefined);
  if (old !== JSON.stringify(own)) await writeFile(target, JSON.stringify(own));
}

async function link(from, to) {
  if (!existsSync(to)) await symlink(from, to);
}

export default async function buildTests() {
  await mkdir(join(testFolder, 'src'), { recursive: true });
  for (const name of links) await link(join(projectFolder, name), join(testFolder, name));
  await link(join(projectFolder, 'dist/page'), join(testFolder, 'src/page'));
  await manifest();
  const sources = await glob(['src/**', 'test/**'], { cwd: projectFolder });
  await Promise.all(sources.map(bring));
  const expected = new Set(sources.map(compiled));
  const found = await glob(['src/**', 'test/**', '!src/page/**'], { cwd: testFolder });
  await Promise.all(found.filter((path) => !expected.has(path)).map((path) => rm(join(testFolder, path))));
}
