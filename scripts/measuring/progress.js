/** Says on stderr how far a long phase has come: in place on a terminal, else every so often a line. */
export function progress(name, total, { silent = false } = {}) {
  const { isTTY } = process.stderr;
  const every = Math.max(1, Math.ceil(total / 5));
  let done = 0;
  return {
    step() {
      done += 1;
      if (silent) return;
      if (isTTY) process.stderr.write(`\r  ${name} ${done}/${total} `);
      else if (done % every === 0 && done < total) process.stderr.write(`  ${name} ${done}/${total}\n`);
      if (isTTY && done === total) process.stderr.write('\r\u001b[K');
    },
  };
}
