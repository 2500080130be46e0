import { AlertDeliveryError } from '../errors/alert.errors.js';
import { describeFailure } from './describe-failure.js';

describe(describeFailure.name, () => {
  it('repeats what a channel says on purpose', () => {
    expect(describeFailure(new AlertDeliveryError('The pager answered 500.'))).toBe(
      'The pager answered 500.',
    );
  });

  it.each([
    [new Error('GET https://x/?token=s3cret failed'), 'Error'],
    [Object.assign(new TypeError('s3cret'), { code: 'ECONNRESET' }), 'TypeError (ECONNRESET)'],
    [Object.assign(new Error('x'), { code: 'token=s3cret' }), 'Error'],
    ['s3cret', 'A string was thrown'],
    [undefined, 'A undefined was thrown'],
    [Object.create(null), 'A object was thrown'],
  ])('tells of %p no more than its kind', (error, expected) => {
    expect(describeFailure(error)).toBe(expected);
  });

  it('is short', () => {
    const text = describeFailure(new AlertDeliveryError('x'.repeat(10_000)));
    expect(text).toHaveLength(300);
    expect(text).toMatch(/x…$/);
  });
});
