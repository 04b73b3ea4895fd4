import { existsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

const system = ['test/conformance/**/*.test.ts', 'test/e2e/**/*.test.ts'];

/** System tests that one machine bears only one of at a time, and why. All others run two by two. */
const alone = Object.entries({
  'test/conformance/foreign-programs.test.ts': 'registers how the kernel starts foreign programs',
  'test/conformance/native-limits.test.ts': "looks for what boxes have left among all of the machine's control groups",
  'test/e2e/ci/systemd.test.ts': 'renews what the others read',
  'test/e2e/foreign-architecture.test.ts': 'registers how the kernel starts foreign programs',
  'test/e2e/host-refusals.test.ts': 'lets disks and memory become full',
  'test/e2e/interrupted-build.test.ts':
    'kills builds, whose roots stay in the memory that all builds share until the next one',
  'test/e2e/lxc/network.test.ts': 'has the account of the stock client',
  'test/e2e/lxc/stock-client.test.ts': 'has the account of the stock client',
  'test/e2e/quickstart.test.ts': 'compiles anew, and kills builds',
}).map(([file]) => file);
for (const file of alone) if (!existsSync(file)) throw new Error(`vitest.config.ts names ${file}, which is not there`);

const patience = { testTimeout: 600_000, hookTimeout: 900_000 };

export default defineConfig({
  test: {
    globalSetup: ['test/setup/system.ts'],
    // Also where two cores are all there are: vitest would leave one of them to itself.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/conformance/**', 'test/long/**'],
          testTimeout: 30_000,
        },
      },
      { test: { name: 'system', include: system, exclude: alone, ...patience } },
      // After all others, since they do not bear one of these beside them either.
      { test: { name: 'alone', include: alone, fileParallelism: false, sequence: { groupOrder: 1 }, ...patience } },
      { test: { name: 'long', include: ['test/long/**/*.test.ts'], fileParallelism: false, ...patience } },
    ],
  },
});
