import { describe, expect, it } from '@jest/globals';
import { failureOfAnswer } from './cartesia-errors.js';

describe("the id of Cartesia's answer", () => {
  const header = (name: string): string | undefined => (name === 'x-request-id' ? 'header' : undefined);

  it.each([
    ['{"title":"No","request_id":"body"}', 'body'],
    ['{"title":"No"}', 'header'],
    ['a proxy says no', 'header'],
  ])('of %s is that of the %s', (body, requestId) => {
    expect(failureOfAnswer(500, body, header)).toMatchObject({ requestId });
  });
});
