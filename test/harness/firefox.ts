/** A real Firefox for tests: the installed one, headless, with its own profile, controlled by WebDriver BiDi. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { BidiClient } from './bidi-client.js';
import { findBrowser, type BrowserNames, type Environment } from './browser-path.js';

const names: BrowserNames = {
  variable: 'HZRELAY_FIREFOX',
  commands: ['firefox', 'firefox-esr'],
  macApps: { Firefox: 'firefox', 'Firefox Developer Edition': 'firefox' },
  windowsPrograms: ['Mozilla Firefox\\firefox.exe'],
};

/** The remedy if no Firefox is found. */
export const firefoxRemedy =
  'The page’s tests need Firefox too: install it, or set HZRELAY_FIREFOX to the path of one.';

/**
 * Settings of the profile: a fake microphone that plays a tone and needs no permission, sound without a click, and no
 * requests to other servers.
 */
const preferences: Readonly<Record<string, string | number | boolean>> = {
  'media.navigator.permission.disabled': true,
  'media.navigator.streams.fake': true,
  'media.autoplay.default': 0,
  'app.update.enabled': false,
  'browser.aboutwelcome.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'browser.safebrowsing.downloads.remote.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.page': 0,
  'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,',
  'toolkit.telemetry.enabled': false,
};

/** The path of the Firefox for tests, found like `findChromium` finds its browser. */
export function findFirefox(env: Environment = process.env): string | null {
  return findBrowser(names, env);
}

/** A running Firefox with one tab. Close it. */
export class Firefox {
  readonly tab: BidiClient;
  readonly #process: ChildProcess;
  readonly #profile: string;

  private constructor(process: ChildProcess, profile: string, tab: BidiClient) {
    this.#process = process;
    this.#profile = profile;
    this.tab = tab;
  }

  /** Starts it. Throws if there is none, or if it ends at once. */
  static async launch(): Promise<Firefox> {
    const path = findFirefox();
    if (path === null) throw new Error(firefoxRemedy);
    const profile = await mkdtemp(join(tmpdir(), 'hzrelay-firefox-'));
    const lines = Object.entries(preferences).map(
      ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
    );
    await writeFile(join(profile, 'user.js'), lines.join(''));
    const child = spawn(
      path,
      ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port=0'],
      {
        // Root cannot create the content sandbox; HOME separates it from other profiles.
        env: { ...process.env, HOME: profile, MOZ_DISABLE_CONTENT_SANDBOX: '1' },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    try {
      return new Firefox(child, profile, await BidiClient.connect(await listening(child)));
    } catch (cause) {
      await end(child, profile);
      throw new Error('Firefox did not start.', { cause });
    }
  }

  async close(): Promise<void> {
    this.tab.close();
    await end(this.#process, this.#profile);
  }
}

/** Resolves with the address for commands, which Firefox prints when it is ready. */
async function listening(child: ChildProcess): Promise<string> {
  if (!child.stderr) throw new Error('Firefox has no output.');
  for await (const line of createInterface({ input: child.stderr })) {
    const address = /WebDriver BiDi listening on (ws:\S+)/.exec(line)?.[1];
    if (address === undefined) continue;
    // Keep reading, or Firefox blocks when the pipe is full.
    child.stderr.resume();
    return address;
  }
  throw new Error('Firefox ended before it was ready.');
}

async function end(child: ChildProcess, profile: string): Promise<void> {
  const exit = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null;
  child.kill('SIGKILL');
  await exit;
  // Helper processes may still be writing.
  await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}
