/** The page of examples/react, on a server of its own, as on another site than the relay. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = new URL('../../examples/react/', import.meta.url);
const built = (name: string): string => fileURLToPath(new URL(`../../dist/browser/${name}`, import.meta.url));

/** Builds and serves it for the relay at this address. Close the server. */
export async function serveReactExample(relayUrl: () => string): Promise<{ server: Server; url: string }> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('src/main.jsx', folder))],
    outdir: 'out',
    bundle: true,
    write: false,
    format: 'esm',
    jsx: 'automatic',
    // As its package.json would find them.
    alias: { 'hzrelay/browser': built('index.js'), 'hzrelay/react': built('react.js') },
    // The test says where the relay is when the page is asked for.
    define: {
      'import.meta.env.VITE_RELAY_URL': 'globalThis.relayUrl',
      'process.env.NODE_ENV': '"production"',
    },
  });
  const files = new Map(outputFiles.map(({ path, text }) => [path.slice(path.lastIndexOf('.')), text]));
  const html = readFileSync(new URL('index.html', folder), 'utf8');
  const server = createServer(({ url = '/' }, response) => {
    const type = url.endsWith('.css') ? 'text/css' : url.endsWith('.jsx') ? 'text/javascript' : 'text/html';
    response.setHeader('content-type', type);
    if (type === 'text/css') response.end(files.get('.css'));
    else if (type === 'text/javascript')
      response.end(`globalThis.relayUrl = ${JSON.stringify(relayUrl())};\n${files.get('.js') ?? ''}`);
    else response.end(html.replace('</head>', '<link rel="stylesheet" href="/main.css" /></head>'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
