// Text of programs and files that others wrote, made safe to be shown. Pure.

/** Text of programs without what a terminal or a log viewer would obey; runs of it become one space. */
export function plainText(text: string): string {
  // The escape sequences of colours and of cursors whole, so that their letters do not stay.
  const withoutSequences = text.replaceAll(/\p{Cc}\[[0-9;:?]*[ -/]*[@-~]/gu, '');
  return withoutSequences.replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ').trimEnd();
}
