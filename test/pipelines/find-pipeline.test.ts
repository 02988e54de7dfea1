import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../formats/user-error.ts';
import { findPipeline, listPipelines, readShippedPipeline } from '../../pipelines/find-pipeline.ts';
import { smallPipeline } from './small-steps.ts';

describe('a pipeline', () => {
  it('is found by its name', async () => {
    expect(await listPipelines()).toContain('effective-noise');
    const found = await findPipeline('effective-noise');
    expect([found.shipped, found.spec?.name]).toEqual([true, 'effective-noise']);
  });

  it('is found by its file, which problems name as it was typed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tstar-pipeline-'));
    try {
      const file = join(folder, 'mine.yaml');
      await writeFile(file, smallPipeline);
      const found = await findPipeline(file);
      expect([found.shipped, found.spec?.name, found.source.name]).toEqual([false, 'small', file]);
      await expect(findPipeline(`${folder}/`)).rejects.toThrow('this is a folder');
      await expect(findPipeline(join(folder, 'none.yaml'))).rejects.toThrow('there is no such file; name a pipeline file');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.skipIf(!existsSync('/dev/zero'))('is not read out of a device without an end', async () => {
    await expect(findPipeline('/dev/zero')).rejects.toThrow('/dev/zero has more than 4000000 bytes: that is no pipeline');
  });

  it('that is not there is answered with the nearest name', async () => {
    await expect(findPipeline('efective-noise')).rejects.toThrow('there is no pipeline "efective-noise"; did you mean effective-noise?');
  });

  it.each(['../package', '/etc/passwd', 'effective-noise.yaml', '..', 'schema', 'constructor'])(
    'is never another file when a worker is asked for %j',
    async (name) => {
      await expect(readShippedPipeline(name)).rejects.toThrow(UserError);
    },
  );
});
