import { alertNotification, type Alert, type AlertNotification } from '@parallax/tenant';
import { encodeId } from '../edge/typed-id.js';

/** What leaves the service names alerts and tenants as its API does. */
export function presentAlert(alert: Alert): AlertNotification {
  return {
    ...alertNotification(alert),
    id: encodeId('alr', alert.id),
    tenantId: encodeId('tnt', alert.tenantId),
  };
}
