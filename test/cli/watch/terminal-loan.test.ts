import { expect, test } from 'vitest';
import { TerminalLoan } from '../../../cli/watch/terminal-loan.ts';

test('while the terminal is lent nothing is drawn, and afterwards it is, also when the work has failed', async () => {
  const calls: string[] = [];
  const view = { pause: () => void calls.push('pause'), resume: () => void calls.push('resume') };
  const loan = new TerminalLoan(view, true);
  const work = loan.lend(async () => {
    calls.push(loan.lent ? 'lent' : 'kept');
    throw new Error('no');
  });
  await expect(work).rejects.toThrow('no');
  expect(calls).toEqual(['pause', 'lent', 'resume']);
  expect(loan.lent).toBe(false);
});
