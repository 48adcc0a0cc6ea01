// Ensures that the page's tests have Chromium or a similar browser. `npm test` runs it after the build.
import { chromiumRemedy, findChromium } from '../build/harness/chromium.js';
import { ensureBrowser } from './install-browser.js';

ensureBrowser({ name: 'Chromium', aptPackage: 'chromium', find: findChromium, remedy: chromiumRemedy });
