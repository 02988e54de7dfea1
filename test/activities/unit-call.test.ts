// Which workers may fill a plan's units.
import { expect, test } from 'vitest';
import { steps } from '../../activities/steps.ts';
import { refuseOtherEnvironment } from '../../activities/unit-call.ts';
import { TransientError, UserError } from '../../formats/user-error.ts';
import type { PlanNode } from '../../pipelines/plan.ts';
import type { Sources } from '../../pipelines/sources.ts';

const step = steps.find(({ name }) => name === 'load-dataset')!;
const node = { id: 'questions', step: step.name, version: step.version, identity: {} } as unknown as PlanNode;
const sources = {} as Sources;

test('a worker whose step is newer than the plan ends the run, one whose step is older leaves the shard to another', () => {
  expect(() => refuseOtherEnvironment(step, node, sources)).not.toThrow();
  const newer = () => refuseOtherEnvironment({ ...step, version: step.version + 1 }, node, sources);
  expect(newer).toThrow(UserError);
  expect(newer).toThrow(
    `questions was planned with version ${step.version} of load-dataset, and this worker has version ${step.version + 1}: start the run again; what its other steps computed is in the cache`,
  );
  const older = () => refuseOtherEnvironment(step, { ...node, version: step.version + 1 }, sources);
  expect(older).toThrow(TransientError);
  expect(older).toThrow('start the workers again with the newer tstar');
});
