import type { DatabaseRoles } from '../database-roles.js';

/** What a finding is about: a kind of role, the server, or (null) the database, whoever logs in. */
export type SubjectKind = keyof DatabaseRoles | 'server' | null;

/** Whose findings keep a login from serving. */
export const SUBJECTS_OF: Readonly<Record<'login' | 'control', readonly SubjectKind[]>> = {
  login: [null, 'server', 'login', 'tenantApp'],
  control: ['server', 'control', 'platformReader', 'platformWriter'],
};
