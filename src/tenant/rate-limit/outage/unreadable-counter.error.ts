/** A store answers, but what it keeps of this subject is no counter of its own. It says nothing of other subjects. */
export class UnreadableCounterError extends Error {
  constructor(cause: Error) {
    super(`${cause.message} Something else writes there, or another version did: \`reset\` forgets it.`, {
      cause,
    });
    this.name = UnreadableCounterError.name;
  }
}
