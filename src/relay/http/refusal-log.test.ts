import { expect, it } from '@jest/globals';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { RefusalLog } from './refusal-log.js';

function start(): { clock: VirtualClock; said: string[]; log: RefusalLog } {
  const clock = new VirtualClock();
  const said: string[] = [];
  return { clock, said, log: new RefusalLog(clock, (_level, message) => said.push(message)) };
}

it('tells a flood in a few lines, and each kind apart', () => {
  const { said, log } = start();
  for (let i = 1; i <= 1500; i++) log.note('unsigned', () => `refusal ${i}`);
  log.note('host', () => 'a host');
  expect(said).toEqual([
    'refusal 1',
    'refusal 10 (10 like it within a minute)',
    'refusal 100 (100 like it within a minute)',
    'refusal 1000 (1000 like it within a minute)',
    'a host',
  ]);
});

it('tells it anew a minute later, so that a long flood hides nothing for good', () => {
  const { clock, said, log } = start();
  for (let i = 0; i < 5; i++) log.note('host', () => 'first');
  clock.advance(59_999);
  log.note('host', () => 'within');
  clock.advance(1);
  log.note('host', () => 'after');
  log.note('host', () => 'again');
  expect(said).toEqual(['first', 'after']);
});

it('keeps no timers', () => {
  const { clock, log } = start();
  log.note('body', () => 'a body');
  expect(clock.pendingTimers).toBe(0);
});
