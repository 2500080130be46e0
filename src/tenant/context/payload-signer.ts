/** Vouches for what this application wrote, when it comes back from a queue or over a wire. */
export interface PayloadSigner {
  /** How long a signature counts. */
  readonly maxAgeMs: number;
  /** @returns the signature of the text, in characters fit for JSON. */
  sign(text: string): string;
  verify(text: string, signature: string): boolean;
}
