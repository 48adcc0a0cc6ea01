// Finds a browser for the page's tests, or installs it if it runs as root on Debian or a derivative.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

function run(command, args) {
  console.log(`$ ${command} ${args.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status } = spawnSync(command, args, { stdio: 'inherit', env });
  return status === 0;
}

function install(name, aptPackage) {
  if (!existsSync('/usr/bin/apt-get') || process.getuid?.() !== 0) return false;
  console.log(`${name} is not installed: installing it for the page’s tests.`);
  // If the update fails, the existing lists may be sufficient.
  run('apt-get', ['update']);
  return run('apt-get', ['install', '-y', '--no-install-recommends', aptPackage]);
}

/** Finds or installs a browser. If that fails, prints the remedy and sets the exit code. */
export function ensureBrowser({ name, aptPackage, find, remedy }) {
  try {
    if (find() !== null) return;
    if (!install(name, aptPackage)) throw new Error(remedy);
    if (find() === null) throw new Error(`${name} was installed but was not found. ${remedy}`);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
