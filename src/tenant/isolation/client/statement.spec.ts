import { classifyStatement } from './statement.js';

const kindOf = (text: string): string => classifyStatement(text).kind;

describe(classifyStatement.name, () => {
  it.each([
    'SELECT 1',
    'select * from note;',
    '  ( SELECT 1 )',
    '-- hint\nSELECT 1',
    '/* a /* nested */ comment */ SELECT 1',
    'INSERT INTO note DEFAULT VALUES',
    'update note set title = $1',
    'DELETE FROM note',
    'MERGE INTO note USING x ON true WHEN MATCHED THEN DELETE',
    'WITH a AS (SELECT 1) SELECT * FROM a',
    'VALUES (1)',
    'EXPLAIN SELECT 1',
    'EXPLAIN (VERBOSE, COSTS OFF) SELECT 1',
    'explain verbose delete from note',
    'EXPLAIN (SELECT 1)',
    '-- hint\rSELECT 1',
  ])('lets rows be read and written: %s', (text) => {
    expect(kindOf(text)).toBe('data');
  });

  it.each([
    'BEGIN',
    'begin work;',
    'START TRANSACTION',
    'START TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE',
    'BEGIN TRANSACTION READ WRITE',
  ])('opens a transaction: %s', (text) => {
    expect(kindOf(text)).toBe('begin');
  });

  it.each([
    'COMMIT',
    'commit work;',
    'END',
    'ROLLBACK',
    'ABORT',
    'SAVEPOINT typeorm_1',
    'RELEASE SAVEPOINT typeorm_1',
    'ROLLBACK TO SAVEPOINT typeorm_1',
    'savepoint "a name"',
  ])('controls a transaction: %s', (text) => {
    expect(kindOf(text)).toBe('control');
  });

  it('chooses a mode', () => {
    expect(kindOf('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ')).toBe('mode');
  });

  it.each([
    '',
    ';',
    '-- only a comment',
    '/* never closed SELECT 1',
    'SET LOCAL app.tenant_id = $1',
    'SET ROLE postgres',
    '/*c*/ -- x\n SET ROLE postgres',
    '/* /* */ SELECT 1 */ SET ROLE postgres',
    'RESET ALL',
    'DO $$ BEGIN END $$',
    'COPY note TO STDOUT',
    'LISTEN status',
    'NOTIFY status',
    'PREPARE p AS SELECT 1',
    'EXECUTE p',
    'DECLARE c CURSOR WITH HOLD FOR SELECT 1',
    'CREATE TABLE x ()',
    'ALTER TABLE note DISABLE ROW LEVEL SECURITY',
    'TRUNCATE note',
    'DISCARD ALL',
    'CALL p()',
    'LOCK TABLE note',
    'COMMIT AND CHAIN',
    'ROLLBACK AND CHAIN',
    'COMMIT PREPARED $1',
    'PREPARE TRANSACTION $1',
    'BEGIN; SELECT 1',
    'COMMIT; SET ROLE postgres',
    'SAVEPOINT a; SET ROLE postgres',
    'SET TRANSACTION SNAPSHOT $1',
    'SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY',
    'EXPLAIN EXECUTE p',
    'EXPLAIN (ANALYZE, BUFFERS) SELECT 1',
    'EXPLAIN (BUFFERS, analyse true) SELECT 1',
    'explain analyze verbose delete from note',
    'explain analyse select 1',
    'EXPLAIN/**/ANALYZE SELECT 1',
    'EXPLAIN (/*)*/ ANALYZE) SELECT 1',
    'EXPLAIN ("analyze") SELECT 1',
    'EXPLAIN (U&"\\0061nalyze") SELECT 1',
    'EXPLAIN -- x\nANALYZE SELECT 1',
    'EXPLAIN (ANALYZE) CREATE TABLE x AS SELECT 1',
    'SHOW app.tenant_id',
    'VACUUM',
    'SECURITY LABEL ON TABLE note IS NULL',
    'sel/**/ect 1',
    '--\rSET ROLE postgres /*\nSELECT 1 */',
    '-- x\r\nSET ROLE postgres',
    '--\rDO $$ BEGIN END $$ /*\nSELECT 1 */',
    '--\rCOPY note TO STDOUT /*\nSELECT 1 */',
    '--\rBEGIN; SET ROLE postgres /*\nSELECT 1 */',
    '\u00a0SELECT 1',
  ])('refuses: %s', (text) => {
    expect(kindOf(text)).toBe('refused');
  });
});
