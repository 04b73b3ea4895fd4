// What a failed run says last. Under GitHub Actions the words for people, which may quote what others wrote, are kept from
// being obeyed, and the annotations follow.

import { randomBytes } from 'node:crypto';
import { paintFor } from '../paint.ts';
import { asCooperError, renderError } from '../render.ts';
import { columnsOf } from '../watch/choose.ts';
import { annotations } from './annotations.ts';
import { workflowCommand } from './workflow-command.ts';

/** Where it goes. */
interface TextOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** The text for `output`. COOPER_DEBUG=1 adds the stack; paths in annotations are relative to $GITHUB_WORKSPACE. */
export function failureText(error: unknown, env: NodeJS.ProcessEnv, cwd: string, output: TextOutput = {}): string {
  const columns = output.isTTY === true ? columnsOf(output) : undefined;
  const text = renderError(error, { debug: env.COOPER_DEBUG === '1', columns, paint: paintFor(output, env) });
  if (env.GITHUB_ACTIONS !== 'true') return text;
  const token = randomBytes(16).toString('hex');
  const quoted = `${workflowCommand('stop-commands', token)}\n${text}${workflowCommand(token, '')}\n`;
  const checkout = { cwd, workspace: env.GITHUB_WORKSPACE };
  return `${quoted}${annotations(asCooperError(error), checkout).join('\n')}\n`;
}
