import { formatReport, type NoLeakReport } from './no-leak.report.js';

/**
 * What expectNoLeak throws; its message is the whole report.
 *
 * @example
 * const { report } = await expectNoLeak(app, options).catch((error: LeakFoundError) => error);
 */
export class LeakFoundError extends Error {
  override readonly name = 'LeakFoundError';

  constructor(readonly report: NoLeakReport) {
    super(formatReport(report));
  }
}
