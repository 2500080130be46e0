/** One protection taken away. Some suite must notice. */
export interface Mutation {
  readonly id: string;
  /** What the protection is for. */
  readonly protects: string;
  /** Several where a protection is in more than one place. */
  readonly edit: Edit | readonly Edit[];
  /** Specs by path; the fewer, the quicker. */
  readonly suites: readonly string[];
  /** Of their tests those whose full name this regular expression finds; all of them when left out. */
  readonly tests?: string;
  /** Whether it is one of the few that `--quick` runs. */
  readonly quick?: true;
  /** Why nothing can tell it is gone: another protection holds the same. Then it may survive. */
  readonly redundant?: string;
}

/** `find` has to be in the file exactly once: else what is protected has changed and the mutation is out of date. */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export const editsOf = ({ edit }: Mutation): readonly Edit[] => ('file' in edit ? [edit] : edit);

/** Something done to the databases every suite starts from, once roles, grants and tables are there. */
export function inTemplate(sql: string): Edit {
  const find = '    await options.migrate?.(draft);\n';
  return {
    file: 'test/support/database-template.ts',
    find,
    replace: `${find}    await admin.query(${JSON.stringify(sql)});\n`,
  };
}

const ISOLATION = 'test/integration/isolation';

export const spec = (name: string): string => `${ISOLATION}/${name}.integration-spec.ts`;
