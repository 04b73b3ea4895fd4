// A run under GitHub Actions: each stage a group that the log viewer folds, with everything that programs inside said; what
// deserves reading as a warning beside it. No line of those programs is obeyed as a command of the runner: commands are
// stopped, by a word that nobody can guess, while such lines may come.

import { randomBytes } from 'node:crypto';
import { type Event, plainText } from '../../events/index.ts';
import { workflowCommand } from '../ci/workflow-command.ts';
import { watchInLines } from './lines.ts';
import type { View } from './terminal.ts';

/** Writes what the runner of GitHub Actions reads. `token` is the word that ends the stop of commands. */
export function watchUnderGithub(write: (text: string) => void, token = randomBytes(16).toString('hex')): View {
  const lines = watchInLines(write);
  let image = '';
  let stopped = false;
  const command = (...words: Parameters<typeof workflowCommand>): void => write(`${workflowCommand(...words)}\n`);
  const stop = (): void => {
    if (!stopped) command('stop-commands', token);
    stopped = true;
  };
  const resume = (): void => {
    if (stopped) command(token, '');
    stopped = false;
  };
  const report = (event: Event): void => {
    if (event.type === 'build-start') image = `${event.image}: `;
    if (event.type === 'build-end') image = '';
    if (event.type === 'stage-start') command('group', `${image}${event.stage}`);
    if (event.type === 'output') {
      stop();
      write(`${plainText(event.line)}\n`);
    } else if (event.type === 'notice') {
      resume();
      command('warning', plainText(event.message), { title: `${image}${event.stage}` });
    } else {
      if (event.type === 'stage-end') {
        resume();
        command('endgroup', '');
      }
      lines.report(event);
    }
  };
  return { ...lines, report };
}
