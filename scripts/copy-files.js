// Copies what the compiler does not make: the test page's other files beside its script (see build-browser.js), and the network that
// tells voices from other sounds.
import { cp, mkdir } from 'node:fs/promises';

const rooms = [
  { from: 'src/web/', to: 'dist/page/', files: ['index.html', 'style.css', 'icon.svg'] },
  { from: 'src/vad/silero/', to: 'dist/vad/silero/', files: ['silero-v6-8khz.wasm'] },
];

for (const { from, to, files } of rooms) {
  const target = new URL(`../${to}`, import.meta.url);
  await mkdir(target, { recursive: true });
  for (const file of files) await cp(new URL(`../${from}${file}`, import.meta.url), new URL(file, target));
}
