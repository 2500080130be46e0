import type { QueryRunner } from 'typeorm';

/** Where the database says which tenant was changed. The payload is the tenant's id. */
export const TENANT_CHANGED_CHANNEL = 'tenant_changed';

const NAME = 'tenant_changed';

/**
 * Makes the database tell who listens that a row of `tenants` was changed, whoever changed it: this application,
 * another process, or an operator in psql. {@link TenantChangeListener} hears it.
 *
 * The function runs as the owner, so that a role may change tenants without a right to send notifications of its
 * own. Inserts are not told: nobody keeps a copy of what was not there, and sign-ups would wait for each other,
 * since transactions that notify commit one after the other.
 *
 * @example
 * await createTenantNotifications(queryRunner); // in a migration, after `tenants` was created
 */
export async function createTenantNotifications(queryRunner: QueryRunner): Promise<void> {
  await queryRunner.query(`
    CREATE FUNCTION ${NAME}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
      SET search_path = pg_catalog, pg_temp AS $function$
    BEGIN
      PERFORM pg_notify('${TENANT_CHANGED_CHANNEL}', OLD.id::text);
      RETURN NULL;
    END $function$`);
  await queryRunner.query(`REVOKE EXECUTE ON FUNCTION ${NAME}() FROM PUBLIC`);
  await queryRunner.query(
    `CREATE TRIGGER ${NAME} AFTER UPDATE OR DELETE ON tenants FOR EACH ROW EXECUTE FUNCTION ${NAME}()`,
  );
}

/**
 * The reverse of {@link createTenantNotifications}.
 *
 * @example
 * await dropTenantNotifications(queryRunner); // before `tenants` is dropped
 */
export async function dropTenantNotifications(queryRunner: QueryRunner): Promise<void> {
  await queryRunner.query(`DROP TRIGGER ${NAME} ON tenants`);
  await queryRunner.query(`DROP FUNCTION ${NAME}()`);
}
