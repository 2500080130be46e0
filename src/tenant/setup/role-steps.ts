import { escapeIdentifier, escapeLiteral } from 'pg';
import type { DatabaseRoles } from '../isolation/database-roles.js';
import { scramVerifier } from './scram-verifier.js';
import type { Step } from './step.js';

/** The passwords of the roles that log in. */
export type RolePasswords = Readonly<Record<'owner' | 'login' | 'control', string>>;

/** The steps that make one role, with the attributes it must have and none besides. */
export function roleSteps(role: string, password: string | undefined, inherit: boolean): Step[] {
  const name = escapeIdentifier(role);
  const found = (condition: string): string =>
    `EXISTS (SELECT FROM pg_roles WHERE rolname = ${escapeLiteral(role)} AND ${condition})`;
  const login = password === undefined ? 'NOLOGIN' : 'LOGIN';

  const steps: Step[] = [
    {
      what: `create role ${role}`,
      holds: found('true'),
      sql: `CREATE ROLE ${name} ${login} ${inherit ? 'INHERIT' : 'NOINHERIT'}`,
    },
    {
      what: `make role ${role} ${login}`,
      holds: found(`rolcanlogin = ${password !== undefined}`),
      sql: `ALTER ROLE ${name} ${login}`,
    },
    {
      what: `make role ${role} ${inherit ? 'INHERIT' : 'NOINHERIT'}`,
      holds: found(`rolinherit = ${inherit}`),
      sql: `ALTER ROLE ${name} ${inherit ? 'INHERIT' : 'NOINHERIT'}`,
    },
    // One by one, and only where needed: naming SUPERUSER or BYPASSRLS takes a superuser, even to take it away.
    ...Object.entries(FORBIDDEN).map(([column, attribute]) => ({
      what: `make role ${role} NO${attribute}`,
      holds: found(`NOT ${column}`),
      sql: `ALTER ROLE ${name} NO${attribute}`,
    })),
  ];
  if (password !== undefined) {
    const verifier = escapeLiteral(scramVerifier(password));
    steps.push({ what: `set the password of role ${role}`, sql: `ALTER ROLE ${name} PASSWORD ${verifier}` });
  }
  return steps;
}

const FORBIDDEN = {
  rolsuper: 'SUPERUSER',
  rolbypassrls: 'BYPASSRLS',
  rolcreaterole: 'CREATEROLE',
  rolcreatedb: 'CREATEDB',
  rolreplication: 'REPLICATION',
} as const;

/** The steps that let `member` become each of `targets` by SET ROLE, have nothing of them before, and be in no other. */
export function membershipSteps(member: string, targets: readonly string[], serverVersion: number): Step[] {
  const literal = escapeLiteral(member);
  const list = targets.map((target) => escapeLiteral(target)).join(', ');
  const among = targets.length === 0 ? 'false' : `granted.rolname IN (${list})`;
  const memberships = `FROM pg_auth_members m JOIN pg_roles granted ON granted.oid = m.roleid
    JOIN pg_roles member ON member.oid = m.member WHERE member.rolname = ${literal}`;

  const perGrant = serverVersion >= 160_000; // before, only the member's own NOINHERIT decides
  const wrong = perGrant ? 'm.admin_option OR m.inherit_option' : 'm.admin_option';
  const right = perGrant ? 'm.set_option' : 'true';
  const revoke = `REVOKE %1$I FROM %2$I ${perGrant ? 'GRANTED BY %3$I ' : ''}CASCADE`;
  const options = perGrant ? 'WITH INHERIT FALSE, SET TRUE, ADMIN FALSE' : '';

  return [
    {
      what: `take role ${member} out of roles it must not be in`,
      holds: `NOT EXISTS (SELECT ${memberships} AND (NOT (${among}) OR ${wrong}))`,
      sql: `DO $$ DECLARE r record; BEGIN
        FOR r IN SELECT granted.rolname AS name, pg_get_userbyid(m.grantor) AS grantor
            ${memberships} AND (NOT (${among}) OR ${wrong}) LOOP
          EXECUTE format(${escapeLiteral(revoke)}, r.name, ${literal}, r.grantor);
        END LOOP; END $$`,
    },
    ...targets.map((target) => ({
      what: `let role ${member} become ${target}`,
      holds: `EXISTS (SELECT ${memberships} AND granted.rolname = ${escapeLiteral(target)} AND ${right})`,
      sql: `GRANT ${escapeIdentifier(target)} TO ${escapeIdentifier(member)} ${options}`,
    })),
  ];
}

/** Every role of one database, before any privilege. */
export function allRoleSteps(roles: DatabaseRoles, passwords: RolePasswords, serverVersion: number): Step[] {
  const { owner, login, tenantApp, control, platformReader, platformWriter } = roles;
  return [
    ...roleSteps(owner, passwords.owner, true),
    ...roleSteps(login, passwords.login, false),
    ...roleSteps(control, passwords.control, false),
    ...[tenantApp, platformReader, platformWriter].flatMap((role) => roleSteps(role, undefined, true)),
    ...membershipSteps(login, [tenantApp], serverVersion),
    ...membershipSteps(control, [platformReader, platformWriter], serverVersion),
    ...[owner, tenantApp, platformReader, platformWriter].flatMap((role) =>
      membershipSteps(role, [], serverVersion),
    ),
  ];
}
