/** One way to count one tenant's units. */
export interface Counter {
  /** @returns whether one unit was admitted */
  take(): Promise<boolean>;
  /** Units the database has on record. */
  used(): Promise<number>;
}

/** Opens the counter of a new tenant: `small` is a limit that is reached here, `large` is one that is not. */
export type OpenCounter = (plan: 'small' | 'large') => Promise<Counter>;

export type ErrorClass = abstract new (...args: never[]) => object;

/** Whether it was admitted; a refusal is told by an error of this class. */
export async function admitted(taking: Promise<unknown>, Refusal: ErrorClass): Promise<boolean> {
  try {
    await taking;
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}
