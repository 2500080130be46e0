import {
  IdempotencyKeyReusedError,
  QuotaExceededError,
  type QuotaRefusal,
  ReservationExpiredError,
  ReservationNotFoundError,
} from './quota.errors.js';

const TYPE = 'https://iana.org/assignments/http-problem-types#quota-exceeded';

const month: QuotaRefusal = {
  resource: 'maxRuns',
  kind: 'consumption',
  limit: 10,
  used: 8,
  reserved: 1,
  requested: 2,
  remaining: 1,
  resetsAt: new Date(Date.now() + 3_600_000),
  plan: 'small',
  enforcement: 'hard',
};

describe(QuotaExceededError.name, () => {
  it('tells a client what there is, and when to come back', () => {
    const error = new QuotaExceededError(month);
    expect([error.getStatus(), error.getResponse()]).toEqual([
      429,
      {
        type: TYPE,
        title: 'Quota exceeded',
        status: 429,
        detail: error.message,
        code: 'QUOTA_EXCEEDED',
        'violated-policies': ['maxRuns'],
        resource: 'maxRuns',
        limit: 10,
        used: 8,
        reserved: 1,
        requested: 2,
        remaining: 1,
        resetsAt: month.resetsAt?.toISOString(),
        plan: 'small',
        retryable: true,
        retryAfter: error.retryAfter,
      },
    ]);
    expect([3599, 3600]).toContain(error.retryAfter);
    expect(error.message).toMatch(/^2 more of maxRuns is over the limit of 10: 8 used and 1 reserved\./);
  });

  it.each([
    ['consumption', month.resetsAt, 'QUOTA_EXCEEDED'],
    ['concurrency', null, 'CONCURRENCY_LIMITED'],
    ['rate', new Date(0), 'RATE_LIMITED'],
  ] as const)('tells the kinds apart by code: %s', (kind, resetsAt, code) => {
    const error = new QuotaExceededError({ ...month, kind, resetsAt });
    expect([error.code, error.getStatus()]).toEqual([code, 429]);
    expect(error.getResponse()).toMatchObject({ type: TYPE, resetsAt: resetsAt?.toISOString() ?? null });
    if (kind !== 'consumption') expect(error.retryAfter).toBe(1);
  });

  it('says when waiting is no use', () => {
    expect(new QuotaExceededError({ ...month, requested: 10 }).retryable).toBe(true);
    expect(new QuotaExceededError({ ...month, requested: 11 }).retryable).toBe(false);
    expect(new QuotaExceededError({ ...month, limit: 0, requested: 1 }).retryable).toBe(false);
  });

  it('has the status it is given', () => {
    const error = new QuotaExceededError(month, { status: 402 });
    expect([error.getStatus(), error.getResponse()]).toMatchObject([
      402,
      { status: 402, code: 'QUOTA_EXCEEDED' },
    ]);
  });
});

describe('the errors of reservations', () => {
  it.each([
    [
      new ReservationExpiredError('maxRuns', 3),
      409,
      { code: 'RESERVATION_EXPIRED', charged: 3, type: 'urn:parallax:problem:reservation-expired' },
    ],
    [
      new IdempotencyKeyReusedError('maxRuns'),
      422,
      { code: 'IDEMPOTENCY_KEY_REUSED', type: 'urn:parallax:problem:idempotency-key-reused' },
    ],
    [new ReservationNotFoundError(), 404, { code: 'NOT_FOUND', type: 'about:blank' }],
  ])('answers %s', (error, status, body) => {
    expect([error.getStatus(), error.getResponse()]).toMatchObject([status, { ...body, status }]);
  });
});
