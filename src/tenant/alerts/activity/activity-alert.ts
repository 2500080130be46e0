/** What is to be an alert, though no use of a quota crossed anything. */
export interface ActivityAlert {
  readonly rule: 'rate_limit_exceeded' | 'suspicious_activity';
  /** uuid */
  readonly tenantId: string;
  readonly resource: string;
  /** The time there is one alert for begins then: milliseconds since 1970. */
  readonly periodStart: number;
  readonly limit: number;
  readonly used: number;
}
