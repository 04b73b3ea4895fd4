// What a failed run says last. Under GitHub Actions the words for people, which may quote what others wrote, are kept from
// being obeyed, and the annotations follow.

import { randomBytes } from 'node:crypto';
import { asCooperError, renderError } from '../render.ts';
import { annotations } from './annotations.ts';
import { workflowCommand } from './workflow-command.ts';

/** The text for standard error. COOPER_DEBUG=1 adds the stack; paths in annotations are relative to $GITHUB_WORKSPACE. */
export function failureText(error: unknown, env: NodeJS.ProcessEnv, cwd: string): string {
  const text = renderError(error, env.COOPER_DEBUG === '1');
  if (env.GITHUB_ACTIONS !== 'true') return text;
  const token = randomBytes(16).toString('hex');
  const quoted = `${workflowCommand('stop-commands', token)}\n${text}${workflowCommand(token, '')}\n`;
  const checkout = { cwd, workspace: env.GITHUB_WORKSPACE };
  return `${quoted}${annotations(asCooperError(error), checkout).join('\n')}\n`;
}
