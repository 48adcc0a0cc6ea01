#!/usr/bin/env node
/* Written for every Node there is: the first thing that it has to say may be that this one is too old. */
var needed = [20, 19];
var given = process.versions.node.split('.').map(Number);

if (given[0] < needed[0] || (given[0] === needed[0] && given[1] < needed[1])) {
  console.error(
    'error: hzrelay needs Node ' +
      needed.join('.') +
      ' or later, and this is Node ' +
      process.versions.node +
      '. Install a current one from https://nodejs.org.',
  );
  process.exitCode = 1;
} else {
  import('../dist/cli/main.js');
}
