// A name and a password for a registry. Held so that nothing which prints or serializes objects shows it.

/** A login that was found. */
export class Login {
  /** Where it was found, for people. */
  readonly from: string;
  readonly #authorization: string;

  /** `user` has no colon. */
  constructor(user: string, password: string, from: string) {
    this.#authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    this.from = from;
  }

  /** Value of the header Authorization (RFC 7617). */
  authorization(): string {
    return this.#authorization;
  }
}
