import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { routeMatcher, routePath } from './route-path.js';

const isRoute = routeMatcher([
  '/',
  '/page/*',
  '/healthz',
  '/metrics',
  '/sessions',
  '/voice/metrics',
  '/webrtc/:id',
  '/twilio/voice',
  '/twilio/media',
]);

describe('a request below the relay’s path', () => {
  it.each([
    ['', '/twilio/voice', '/twilio/voice'],
    ['/voice', '/voice/twilio/voice', '/twilio/voice'],
    ['/voice', '/twilio/voice', '/twilio/voice'],
    ['/voice', '/voice/', '/'],
    ['/voice', '/voice', '/'],
    ['/voice', '/voice?token=x', '/?token=x'],
    ['/voice', '/voice/page/web/main.js', '/page/web/main.js'],
    ['/voice', '/voices/twilio/voice', '/voices/twilio/voice'],
    ['/voice', '/voice/metrics', '/metrics'],
    ['/voice', '/voice/metrics?session_id=1', '/voice/metrics?session_id=1'],
    ['/voice', '/voice/voice/metrics?session_id=1', '/voice/metrics?session_id=1'],
    ['/voice', '/voice/nothing', '/nothing'],
    ['/twilio', '/twilio/voice', '/twilio/voice'],
    ['/twilio', '/twilio/twilio/voice', '/twilio/voice'],
    ['/page', '/page/page/style.css', '/page/style.css'],
    ['/page', '/page/style.css', '/page/style.css'],
    ['/page', '/page/twilio/media', '/twilio/media'],
    ['/webrtc', '/webrtc/webrtc/1', '/webrtc/1'],
    ['/webrtc', '/webrtc/1', '/webrtc/1'],
    ['/a/b', '/a/b/healthz', '/healthz'],
  ])('below %j, %s is %s', (base, requested, path) => {
    expect(routePath({ requested, base, isRoute })).toBe(path);
  });

  it('is itself where no path is set, whatever it is', () => {
    fc.assert(
      fc.property(fc.string(), (requested) => {
        expect(routePath({ requested, base: '', isRoute })).toBe(requested);
      }),
    );
  });

  it('is a path for every path, and leads to a route if either reading does', () => {
    const part = fc.constantFrom('voice', 'twilio', 'media', 'page', 'metrics', 'x', '', '..', '%2e');
    const path = fc.array(part, { maxLength: 5 }).map((parts) => `/${parts.join('/')}`);
    fc.assert(
      fc.property(path, fc.constantFrom('/voice', '/twilio', '/page', '/x'), (requested, base) => {
        const found = routePath({ requested, base, isRoute });
        expect(found).toMatch(/^\//);
        if (isRoute(requested)) expect(isRoute(found)).toBe(true);
        const below = routePath({ requested: `${base}${requested}`, base, isRoute });
        if (isRoute(requested)) expect(isRoute(below)).toBe(true);
      }),
    );
  });
});
