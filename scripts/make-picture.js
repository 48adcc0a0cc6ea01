// Draws the README's picture: `hzrelay dev` in a real terminal (tmux), with a simulated phone call, as an SVG.
// `npm run picture` writes docs/dashboard.svg. It needs tmux and the built code.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { styledCharsFromTokens, tokenize } from '@alcalzone/ansi-tokenize';

const columns = 120;
const rows = 40;
const cell = { width: 8.4, height: 17 };
const margin = 14;
const colours = {
  30: '#3b4252',
  31: '#e06c75',
  32: '#98c379',
  33: '#e5c07b',
  34: '#61afef',
  35: '#c678dd',
  36: '#56b6c2',
  37: '#d7dae0',
  90: '#7f848e',
};
const background = '#1e2127';
const foreground = '#d7dae0';

const root = fileURLToPath(new URL('..', import.meta.url));
const session = `hzrelay-picture-${process.pid}`;
const state = mkdtempSync(join(tmpdir(), 'hzrelay-picture-'));
const tmux = (...args) => execFileSync('tmux', args, { encoding: 'utf8' });

try {
  const port = await freePort();
  const command = `cd '${root}' && HZRELAY_PORT=${port} XDG_STATE_HOME='${state}' '${process.execPath}' bin/hzrelay.js dev`;
  tmux('new-session', '-d', '-s', session, '-x', String(columns), '-y', String(rows), command);
  await untilShown(/READY/);
  tmux('send-keys', '-t', session, 't');
  // The third turn is being answered: sessions, transcript, log and latencies all have something to show.
  await untilShown(/turn 2[\s\S]*mouth→ear|mouth→ear: \d+ms[\s\S]*mouth→ear: \d+ms/);
  const picture = tmux('capture-pane', '-e', '-p', '-t', session).trimEnd().split('\n');
  const file = join(root, 'docs', 'dashboard.svg');
  writeFileSync(file, svgOf(picture));
  console.log(`Wrote ${file}.`);
} finally {
  tmux('kill-session', '-t', session);
  rmSync(state, { recursive: true, force: true });
}

/** Waits until the terminal shows this. */
async function untilShown(pattern, seconds = 60) {
  for (let look = 0; look < seconds * 4; look++) {
    await wait(250);
    if (pattern.test(tmux('capture-pane', '-p', '-t', session))) return;
  }
  throw new Error(`The terminal did not show ${String(pattern)} within ${seconds} s.`);
}

function svgOf(lines) {
  const width = Math.ceil(columns * cell.width + 2 * margin);
  const height = Math.ceil(lines.length * cell.height + 2 * margin);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="hzrelay dev in a terminal, with a phone call">`,
    `<rect width="${width}" height="${height}" rx="8" fill="${background}"/>`,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="${foreground}">`,
    ...lines.map((line, index) => svgLine(line, margin + (index + 0.75) * cell.height)),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

/** One line: runs of the same style, each at its own column, so that no font can shift what follows. */
function svgLine(line, y) {
  const runs = [];
  let column = 0;
  for (const { value, styles, fullWidth } of styledCharsFromTokens(tokenize(line))) {
    const style = styleOf(styles.map(({ code }) => code));
    const last = runs.at(-1);
    if (last?.style === style) last.text += value;
    else runs.push({ column, style, text: value });
    column += fullWidth ? 2 : 1;
  }
  return runs
    .filter(({ text }) => text.trim() !== '')
    .map(({ column: at, style, text }) => {
      const length = [...text].length * cell.width;
      return `<text x="${(margin + at * cell.width).toFixed(1)}" y="${y.toFixed(1)}" textLength="${length.toFixed(1)}"${style}>${escaped(text)}</text>`;
    })
    .join('');
}

/** The SVG attributes of a character's escape codes (ECMA-48, "select graphic rendition"). */
function styleOf(codes) {
  const numbers = codes.flatMap((code) =>
    code
      .replace(/[^\d;]/g, '')
      .split(';')
      .map(Number),
  );
  let style = '';
  const colour = numbers.map((number) => colours[number]).find(Boolean);
  if (colour) style += ` fill="${colour}"`;
  if (numbers.includes(1)) style += ' font-weight="bold"';
  if (numbers.includes(2)) style += ' opacity="0.6"';
  return style;
}

function escaped(text) {
  // Renderers collapse ordinary spaces.
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/ /g, '\u00a0');
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
