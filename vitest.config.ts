import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

// Tests that need the mirror (real questions, tiny models, references) find it through the product's own setting and skip
// with a message where it is absent.
const mirror = resolve(import.meta.dirname, '../shared/hub');
if (process.env.TSTAR_MIRRORS === undefined && existsSync(mirror)) process.env.TSTAR_MIRRORS = mirror;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['./test/global-setup.ts'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    pool: 'forks',
    // One more than the cores of a small machine: end-to-end tests wait for servers and workers to start.
    maxWorkers: 3,
    reporters: ['default', './test/summary-reporter.ts'],
  },
});
