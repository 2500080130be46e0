import { type AdoptDatabase, queryAs } from './adopt-database.js';

/** A small shop with one of every kind of key the adoption has to carry over. */
const SHOP = `
  SET search_path = shop;
  CREATE TABLE customers (
    id serial PRIMARY KEY,
    email text NOT NULL,
    referred_by integer REFERENCES customers (id) ON DELETE SET NULL,
    "Favourite, Colour" text,
    shout text GENERATED ALWAYS AS (upper(email)) STORED,
    changed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT customers_email_key UNIQUE (email)
  );
  CREATE UNIQUE INDEX customers_lower_email ON customers (lower(email)) WHERE email <> '';
  CREATE TABLE orders (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    customer_email text REFERENCES customers (email) ON UPDATE CASCADE ON DELETE SET NULL,
    customer_id integer REFERENCES customers (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    number integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    UNIQUE (number)
  );
  CREATE TABLE lines (
    order_id uuid NOT NULL REFERENCES orders,
    position integer NOT NULL,
    PRIMARY KEY (order_id, position)
  );
  CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.changed_at := clock_timestamp(); RETURN NEW; END $$;
  CREATE TRIGGER touch BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION touch();
  INSERT INTO customers (email, referred_by) SELECT 'c' || n || '@example.org', nullif(n - 1, 0)
    FROM generate_series(1, 50) n;
  INSERT INTO orders (customer_id, customer_email) SELECT id, email FROM customers;
  INSERT INTO lines SELECT id, 1 FROM orders UNION ALL SELECT id, 2 FROM orders;
  GRANT SELECT, INSERT ON customers TO pg_monitor;`;

/** Creates the shop as the former application would have. */
export async function createShop({ formerUrl }: AdoptDatabase): Promise<void> {
  await queryAs(formerUrl, SHOP);
}

/** All that the catalog says of the shop: equal before and after when nothing is left of what was taken back. */
export async function describeShop({ admin }: AdoptDatabase): Promise<string[]> {
  const { rows } = await admin.query<{ line: string }>(`
    SELECT line FROM (
      SELECT format('%s %s', conrelid::regclass, pg_get_constraintdef(oid)) || conname AS line FROM pg_constraint
        WHERE connamespace = 'shop'::regnamespace
      UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'shop'
      UNION ALL SELECT pg_get_triggerdef(g.oid) FROM pg_trigger g JOIN pg_class c ON c.oid = tgrelid
        WHERE relnamespace = 'shop'::regnamespace AND NOT tgisinternal
      UNION ALL SELECT format('%s.%s %s %s %s', attrelid::regclass, attname, atttypid::regtype, attnotnull,
          pg_get_expr(d.adbin, d.adrelid))
        FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid LEFT JOIN pg_attrdef d
          ON d.adrelid = attrelid AND d.adnum = attnum
        WHERE relnamespace = 'shop'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
      UNION ALL SELECT format('%s %s %s %s', oid::regclass, relowner::regrole, relrowsecurity, relforcerowsecurity)
        FROM pg_class WHERE relnamespace = 'shop'::regnamespace
      UNION ALL SELECT format('%s %s %s', c.oid::regclass, x.grantee::regrole, x.privilege_type)
        FROM pg_class c, aclexplode(coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner))) x
        WHERE relnamespace = 'shop'::regnamespace AND relkind IN ('r', 'S')
      UNION ALL SELECT format('%s %s', polrelid::regclass, polname) FROM pg_policy
      UNION ALL SELECT format('function %s', p.oid::regprocedure) FROM pg_proc p WHERE proname LIKE 'tenancy%'
    ) all_lines ORDER BY 1`);
  // That a constraint was found to hold is not taken back.
  return rows.map(({ line }) => line.replace(' NOT VALID', ''));
}
