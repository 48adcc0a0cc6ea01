/** A real browser for tests: the system's Chrome, Chromium or Edge, controlled by playwright-core. */
import { chromium, type Browser } from 'playwright-core';
import { findBrowser, type BrowserNames, type Environment } from './browser-path.js';

const names: BrowserNames = {
  variable: 'HZRELAY_CHROMIUM',
  commands: [
    'chromium',
    'chromium-browser',
    'google-chrome',
    'google-chrome-stable',
    'microsoft-edge',
    'microsoft-edge-stable',
  ],
  macApps: {
    'Google Chrome': 'Google Chrome',
    Chromium: 'Chromium',
    'Microsoft Edge': 'Microsoft Edge',
  },
  windowsPrograms: ['Google\\Chrome\\Application\\chrome.exe', 'Microsoft\\Edge\\Application\\msedge.exe'],
};

/** The remedy if no browser is found. */
export const chromiumRemedy =
  'The page’s tests need a browser: install Chromium, Chrome or Edge, or set HZRELAY_CHROMIUM to the path of one.';

/**
 * The path of the browser for tests: the one in HZRELAY_CHROMIUM, else the first installed one; null if there is none.
 * Throws if the program in HZRELAY_CHROMIUM cannot be run.
 */
export function findChromium(env: Environment = process.env): string | null {
  return findBrowser(names, env);
}

export interface ChromiumOptions {
  /**
   * A WAV file as the microphone: it plays once when the page opens the microphone, then silence. Without it the browser
   * plays beeps.
   */
  readonly microphoneFile?: string;
}

/** Starts the browser, headless and with its own profile. Close it. Throws if there is none. */
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
