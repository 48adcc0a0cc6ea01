// Copies the test page's other files beside its script, see build-browser.js.
import { cp, mkdir } from 'node:fs/promises';

const from = new URL('../src/web/', import.meta.url);
const to = new URL('../dist/page/', import.meta.url);

await mkdir(to, { recursive: true });
for (const file of ['index.html', 'style.css', 'icon.svg']) await cp(new URL(file, from), new URL(file, to));
