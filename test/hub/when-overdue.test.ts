// A limit that a pause of the process does not use up.
import { setImmediate as next } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { whenOverdue } from '../../hub/when-overdue.ts';

it('is over after its time, once', async () => {
  let calls = 0;
  whenOverdue(50, () => calls++);
  await expect.poll(() => calls, { timeout: 10_000 }).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(calls).toBe(1);
});

it('leaves a process that stood still the time to hear what has come', async () => {
  let calls = 0;
  whenOverdue(200, () => calls++);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
  for (let turn = 0; turn < 3; turn++) await next();
  expect(calls).toBe(0);
  await expect.poll(() => calls, { timeout: 10_000 }).toBe(1);
});

it('is called off', async () => {
  let calls = 0;
  whenOverdue(20, () => calls++)();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(calls).toBe(0);
});
