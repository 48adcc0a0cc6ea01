// Ensures that the page's tests have Firefox. `npm test` runs it after the build.
import { findFirefox, firefoxRemedy } from '../build/harness/firefox.js';
import { ensureBrowser } from './install-browser.js';

ensureBrowser({
  name: 'Firefox',
  aptPackage: 'firefox-esr',
  find: findFirefox,
  remedy: firefoxRemedy,
});
