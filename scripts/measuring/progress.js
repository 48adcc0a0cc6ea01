/** Shows the progress of a long phase on stderr: in place on a terminal, else as a line from time to time. */
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
