export interface FirstSteps {
  readonly url: string;
  /** Made by this very start, and shown this once. */
  readonly operatorKey?: string;
}

/** Needs nothing that the backend does not need itself. */
const CALL =
  `call() { node -e 'const [method, path, key, body] = process.argv.slice(1); ` +
  `fetch(process.env.PARALLAX + path, { method, body, headers: { authorization: "Bearer " + key, "content-type": "application/json" } })` +
  `.then((response) => response.text()).then(console.log)' "$@"; }`;
const FIELD = `field() { node -pe 'JSON.parse(require("fs").readFileSync(0))[process.argv[1]]' "$1"; }`;

/** What to try next: commands that work when pasted into a shell. */
export function firstSteps({ url, operatorKey }: FirstSteps): string {
  const introduction = operatorKey
    ? [
        'The key of the platform operator. It is shown this once; only its hash is kept:',
        '',
        `  ${operatorKey}`,
        '',
      ]
    : [
        'The operator key was made earlier. To try the commands, put it in OPERATOR_API_KEY of your shell first;',
        'with the backend stopped, `npm run admin:key` makes another.',
        '',
      ];
  return [
    '',
    ...introduction,
    'Try it: two tenants, an agent each, and each lists only its own.',
    '',
    `  export PARALLAX=${url} OPERATOR=${operatorKey ?? '${OPERATOR_API_KEY:?is not set}'}`,
    `  ${CALL}`,
    `  ${FIELD}`,
    '  for name in Acme Globex; do',
    `    tenant='{"name":"'$name-$RANDOM'","plan":"free","metadata":{"contactName":"Ada","contactEmail":"ada@example.com"}}'`,
    '    id=$(call POST /admin/tenants "$OPERATOR" "$tenant" | field id)',
    `    key=$(call POST /admin/tenants/$id/api-keys "$OPERATOR" '{"name":"first","role":"admin"}' | field key)`,
    `    call POST /api/agents $key '{"name":"agent of '$name'"}'`,
    '    call GET /api/agents $key',
    '  done',
    '',
    `API: ${url}/docs`,
  ].join('\n');
}
