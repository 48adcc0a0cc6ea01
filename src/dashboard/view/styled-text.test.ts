import { describe, expect, it } from '@jest/globals';
import { clippedRow, filledRow, painted, plainText, rowWidth, span, spreadRow } from './styled-text.js';

const row = [span('INFO', { colour: 'cyan', bold: true }), span('  inbound')];

describe('a styled row', () => {
  it('uses the colours of the terminal, and takes each style back', () => {
    expect(painted(row, true)).toBe('\u001b[1;36mINFO\u001b[22;39m  inbound');
  });

  it('keeps bold, dim and inverse without colour', () => {
    expect(painted(row, false)).toBe('\u001b[1mINFO\u001b[22m  inbound');
    expect(painted([span('x', { inverse: true, dim: true, colour: 'red' })], false)).toBe(
      '\u001b[2;7mx\u001b[22;27m',
    );
  });

  it('lets nothing through that steers the terminal', () => {
    const evil = '\u001b[2Ja\u0007\nb\u202e\ud83d\u2028c\u009b31m';
    expect(painted([span(evil)], true)).toBe('[2Jabc31m');
  });

  it('is cut off with an ellipsis, within a span or between two', () => {
    expect(plainText(clippedRow(row, 10))).toBe('INFO  inb…');
    expect(plainText(clippedRow(row, 4))).toBe('INF…');
    expect(plainText(clippedRow(row, 13))).toBe('INFO  inbound');
  });

  it('is filled up to a width', () => {
    expect(plainText(filledRow(row, 16, span('─')))).toBe('INFO  inbound───');
  });

  it('keeps its right end where the left one must give way', () => {
    const spread = spreadRow(row, [span('a3f9b2c1')], 18);
    expect(plainText(spread)).toBe('INFO  in… a3f9b2c1');
    expect(rowWidth(spreadRow(row, [span('a3f9b2c1')], 40))).toBe(40);
  });
});
