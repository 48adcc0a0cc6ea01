// `npm run size`: how much `hzrelay/browser` adds to a page, minified and compressed as servers send it. Fails beyond the limit.
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const limitBytes = 15_000;
const sizes = {};
for (const [name, external] of [
  ['hzrelay/browser', []],
  ['hzrelay/react', ['react']],
]) {
  const { outputFiles } = await build({
    stdin: { contents: `export * from '${name}';`, resolveDir: process.cwd() },
    bundle: true,
    format: 'esm',
    minify: true,
    write: false,
    external,
  });
  sizes[name] = gzipSync(outputFiles[0].contents).length;
  console.log(`${name}: ${(sizes[name] / 1000).toFixed(1)} kB (min+gzip), with the audio worklet`);
}
if (sizes['hzrelay/browser'] > limitBytes) {
  console.error(`hzrelay/browser is larger than ${limitBytes / 1000} kB.`);
  process.exitCode = 1;
}
