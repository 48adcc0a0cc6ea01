// Sees to it that the page's tests have a browser: finds the system's, or installs Chromium where that is simple (Debian
// and its like, as root). Fails with what to do where it is not. `npm test` runs it after the build.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chromiumRemedy, findChromium } from '../dist/testing/chromium.js';

function run(command, args) {
  console.log(`$ ${command} ${args.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status } = spawnSync(command, args, { stdio: 'inherit', env });
  return status === 0;
}

function install() {
  if (!existsSync('/usr/bin/apt-get') || process.getuid?.() !== 0) return false;
  console.log('No Chromium, Chrome or Edge here: installing Chromium, which the page’s tests need.');
  // Where the lists cannot be brought up to date, those that are there may do.
  run('apt-get', ['update']);
  return run('apt-get', ['install', '-y', '--no-install-recommends', 'chromium']);
}

function fail(problem) {
  console.error(problem);
  process.exitCode = 1;
}

try {
  if (findChromium() === null) {
    if (!install()) fail(chromiumRemedy);
    else if (findChromium() === null) fail(`Chromium was installed but is not found. ${chromiumRemedy}`);
  }
} catch (error) {
  fail(error.message);
}
