import { breaches } from './contract-breaches';

/** In each test file: an answer of a gateway that is not as the OpenAPI document says fails the test it came in. */
afterEach(() => {
  expect(breaches.found.splice(0)).toEqual([]);
});

afterAll(() => {
  breaches.stopWatching?.();
  expect(breaches.found.splice(0)).toEqual([]);
});
