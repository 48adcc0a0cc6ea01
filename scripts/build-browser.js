// Builds `hzrelay/browser` and `hzrelay/react`: ES modules without imports but React and each other, which every bundler takes as
// they are. The audio worklet is inside, and beside them for pages whose policy forbids `blob:`. Their types come from tsc.
// Then the test page's script: one file, which comes in one request, or not at all; its own policy forbids `blob:`.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const source = (path) => fileURLToPath(new URL(`../src/web/${path}`, import.meta.url));
const outdir = fileURLToPath(new URL('../dist/browser/', import.meta.url));
const page = fileURLToPath(new URL('../dist/page/', import.meta.url));
const common = { bundle: true, format: 'esm', target: 'es2022', legalComments: 'none', logLevel: 'warning' };

const [worklet] = (
  await build({
    ...common,
    entryPoints: [source('client/edge-worklet.ts')],
    outdir,
    write: false,
    minify: true,
  })
).outputFiles;
await build({ ...common, entryPoints: [source('client/edge-worklet.ts')], outdir });
await build({
  ...common,
  entryPoints: { index: source('client/index.ts'), react: source('react/index.ts') },
  outdir,
  splitting: true,
  chunkNames: 'call',
  external: ['react'],
  define: { hzrelayWorklet: JSON.stringify(worklet.text) },
});
await build({
  ...common,
  entryPoints: [source('browser/main.ts'), source('client/edge-worklet.ts')],
  outdir: page,
  entryNames: '[name]',
});
