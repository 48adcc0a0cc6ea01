/** A real browser for tests: the system's Chrome, Chromium or Edge, steered by playwright-core. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

type Environment = Readonly<Record<string, string | undefined>>;

const commands = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'microsoft-edge',
  'microsoft-edge-stable',
];
const macApps = ['Google Chrome', 'Chromium', 'Microsoft Edge'];
const windowsPrograms = [
  'Google\\Chrome\\Application\\chrome.exe',
  'Microsoft\\Edge\\Application\\msedge.exe',
];

/** What to do where no browser is found. */
export const chromiumRemedy =
  'The page’s tests need a browser: install Chromium, Chrome or Edge, or set HZRELAY_CHROMIUM to the path of one.';

/**
 * The path of the browser to test with: the one that HZRELAY_CHROMIUM names, else the first that the system has; null
 * where there is none. Throws where HZRELAY_CHROMIUM names what cannot be run.
 */
export function findChromium(env: Environment = process.env): string | null {
  const named = env.HZRELAY_CHROMIUM;
  if (named !== undefined && named !== '') {
    if (isExecutable(named)) return named;
    throw new Error(`HZRELAY_CHROMIUM is ${named}, which cannot be run: give the path of a browser.`);
  }
  return candidates(env).find(isExecutable) ?? null;
}

export interface ChromiumOptions {
  /**
   * A WAV file that is the microphone: it is heard once, from the moment on that the page opens the microphone, and then
   * silence. Without one the browser's own beeps are.
   */
  readonly microphoneFile?: string;
}

/** Starts the browser, headless and with a profile of its own. Close it. Throws where there is none. */
export async function launchChromium({ microphoneFile }: ChromiumOptions = {}): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === null) throw new Error(chromiumRemedy);
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--use-fake-device-for-media-stream',
      '--autoplay-policy=no-user-gesture-required',
      ...(microphoneFile === undefined ? [] : [`--use-file-for-fake-audio-capture=${microphoneFile}%noloop`]),
    ],
  });
}

function candidates(env: Environment): string[] {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const programs = [env.PROGRAMFILES, env['PROGRAMFILES(X86)'], env.LOCALAPPDATA].filter(
    (folder) => folder !== undefined,
  );
  return [
    ...commands.flatMap((command) => folders.map((folder) => join(folder, command))),
    ...macApps.map((app) => `/Applications/${app}.app/Contents/MacOS/${app}`),
    ...programs.flatMap((folder) => windowsPrograms.map((program) => join(folder, program))),
  ];
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
