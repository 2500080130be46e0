/** How the members that say where a value comes from, and how it holds, are described. */

export const SOURCE = {
  enum: ['override', 'plan', 'default'],
  description: 'The own override, the plan, or neither: a limit the version of the plan does not know is 0.',
} as const;

export const KIND = {
  enum: ['allocation', 'consumption', 'concurrency', 'rate'],
  nullable: true,
  description:
    'What is counted: what there is, what is used in the billing period, what is under way at once, or what is used ' +
    'in a short window. null is a value that nobody counts.',
} as const;

export const ENFORCEMENT = {
  enum: ['hard', 'soft', 'grace', 'shadow'],
  description:
    'At the limit, one more is refused (hard), allowed as overage (soft), allowed for some days (grace), or allowed ' +
    'and noted (shadow).',
} as const;
