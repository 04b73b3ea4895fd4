// Programs that a script starts. None outlives it: signals are passed on, and the kernel ends them when the script is killed.
// Plain JavaScript on Node's own modules, since it runs before anything is installed.

import { spawn } from 'node:child_process';

const running = new Set();
let interrupted = false;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    interrupted = true;
    if (running.size === 0) process.exit(130);
    // A terminal has sent it to all of them already, and twice means something else to some.
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    for (const child of running) child.kill(signal);
  });
}

/** True once a signal has come: what failed then, failed because of it. */
export function wasInterrupted() {
  return interrupted;
}

/** Starts a program that is ended with this one, whatever ends this one (setpriv(1); util-linux is part of every Debian). */
export function start(command, args, options = {}) {
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', '--', command, ...args], options);
  running.add(child);
  child.once('error', () => running.delete(child));
  child.once('close', () => running.delete(child));
  return child;
}

/** Runs a program to its end; gives its exit status (130 when a signal ended it) and what a piped standard output said. */
export function finish(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = start(command, args, options);
    let stdout = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.once('error', reject);
    child.once('close', (status) => resolve({ status: status ?? 130, stdout }));
  });
}
