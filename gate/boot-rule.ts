// The one rule that has to run the image to judge it; how is in boot/.

/** Code and title, as of every other rule. */
export const bootRule = {
  code: 'boot',
  title: 'A container of the image boots, settles without a failed unit and stops',
};
