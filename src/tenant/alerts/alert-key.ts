/**
 * What makes one alert of `tenant_alerts` another than the next. Of a crossing that is also the limit that was
 * crossed; of what a tenant did meanwhile there is one alert for its time, whatever the limit has become since. One
 * index holds both: with two, of which a statement can wait for only one, processes that write at once would fail.
 */
export const ALERT_KEY =
  `tenant_id, rule, resource, period_start, ` +
  `(CASE WHEN rule IN ('rate_limit_exceeded', 'suspicious_activity') THEN 0 ELSE limit_value END), threshold`;
