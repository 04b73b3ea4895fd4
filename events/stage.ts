// Runs named stages one after the other, times them and reports each. Knows nothing of what a stage does.

import type { Reporter } from './event.ts';

/** What one finished stage cost. */
export interface StageTime {
  readonly name: string;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** What a stage may say while it runs. */
export interface StageReport {
  /** `total` is 0 when it is not known. */
  readonly progress: (done: number, total: number, unit: 'bytes' | 'items') => void;
  readonly output: (line: string) => void;
  readonly notice: (message: string) => void;
  /** Adds CPU seconds of a child process that ended (the parent's own usage is measured here). */
  readonly addCpu: (seconds: number) => void;
}

/** A runner of stages; `times` grows by one for every stage that ended, failed ones included. */
export interface Stages {
  readonly run: <T>(name: string, work: (report: StageReport) => Promise<T>) => Promise<T>;
  readonly times: readonly StageTime[];
  readonly signal: AbortSignal;
}

/** Makes a runner. A stage does not start once `signal` is aborted: its reason is thrown instead. */
export function createStages(reporter: Reporter, signal: AbortSignal): Stages {
  const times: StageTime[] = [];
  return {
    times,
    signal,
    run: async (name, work) => {
      signal.throwIfAborted();
      const started = performance.now();
      const cpu = process.cpuUsage();
      let childCpu = 0;
      let ok = false;
      reporter({ type: 'stage-start', time: Date.now(), stage: name });
      try {
        const result = await work(stageReport(name, reporter, (seconds) => (childCpu += seconds)));
        ok = true;
        return result;
      } finally {
        const used = process.cpuUsage(cpu);
        const time = {
          name,
          seconds: (performance.now() - started) / 1000,
          cpuSeconds: (used.user + used.system) / 1e6 + childCpu,
        };
        times.push(time);
        reporter({
          type: 'stage-end',
          time: Date.now(),
          stage: name,
          seconds: time.seconds,
          cpuSeconds: time.cpuSeconds,
          ok,
        });
      }
    },
  };
}

function stageReport(stage: string, reporter: Reporter, addCpu: (seconds: number) => void): StageReport {
  return {
    addCpu,
    progress: (done, total, unit) => reporter({ type: 'progress', time: Date.now(), stage, done, total, unit }),
    output: (line) => reporter({ type: 'output', time: Date.now(), stage, line }),
    notice: (message) => reporter({ type: 'notice', time: Date.now(), stage, message }),
  };
}
