// A terminal for the tests: a program runs in it, keys are sent to it, its screen is read. tmux is the terminal.

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { vi } from 'vitest';

/** A running terminal. */
export interface TestTerminal {
  /** Types the line and Enter. */
  readonly type: (line: string) => void;
  /** Types the text alone. */
  readonly write: (text: string) => void;
  /** Presses one key, as tmux names it: `C-c`. */
  readonly press: (key: string) => void;
  /** Waits until the screen, with all that has scrolled away, has the text, and gives the screen. */
  readonly shows: (text: string | RegExp, seconds?: number) => Promise<string>;
  readonly close: () => void;
}

/** Starts a shell command in a terminal of 120 columns. Its exit status is shown as `status=N` at the end. */
export function openTerminal(command: string, env: Readonly<Record<string, string>> = {}): TestTerminal {
  const server = `cooper-test-${randomBytes(6).toString('hex')}`;
  const tmux = (...words: readonly string[]): string =>
    execFileSync('tmux', ['-L', server, '-f', '/dev/null', ...words], {
      encoding: 'utf8',
      env: { ...process.env, ...env },
    });
  tmux('new-session', '-d', '-x', '120', '-y', '50', `${command}; echo "status=$?"; exec sleep 600`);
  const screen = (): string => tmux('capture-pane', '-p', '-J', '-S', '-500');
  return {
    type: (line) => void tmux('send-keys', '-l', `${line}\n`),
    write: (text) => void tmux('send-keys', '-l', text),
    press: (key) => void tmux('send-keys', key),
    shows: (text, seconds = 60) =>
      vi.waitFor(
        () => {
          const now = screen();
          if (typeof text === 'string' ? now.includes(text) : text.test(now)) return now;
          throw new Error(`the terminal does not show ${String(text)}:\n${now}`);
        },
        { timeout: seconds * 1000, interval: 200 },
      ),
    close: () => void tmux('kill-server'),
  };
}
