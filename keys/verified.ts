// The brand of data whose origin was proved. Only verify.ts and digest-check.ts make such values (index.ts does not export
// `markVerified`): code that takes a Verified<T> cannot be reached with data that nobody checked.

declare const verifiedBrand: unique symbol;

/** A value that came out of a signature or digest check. */
export interface Verified<T> {
  readonly value: T;
  readonly [verifiedBrand]: true;
}

/** For the checks in keys/ only. */
export function markVerified<T>(value: T): Verified<T> {
  return Object.freeze({ value }) as Verified<T>;
}
