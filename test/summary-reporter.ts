// The last line of a test run, for machines that read it: `N passed, N failed` (and how many were skipped).
import type { Reporter, TestModule } from 'vitest/node';

export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const states = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state));
    const count = (state: string): number => states.filter((found) => found === state).length;
    // A file that fails to load has no tests, and an unhandled error belongs to none: both are failures.
    const broken = modules.filter((module) => module.errors().length > 0).length + errors.length;
    // After the default reporter's own summary.
    setImmediate(() =>
      process.stdout.write(`${count('passed')} passed, ${count('failed') + broken} failed, ${count('skipped')} skipped\n`),
    );
  }
}
