// What a machine is told about itself, also where a hub is silent, a mirror is gone or a folder cannot be written.

import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modelFinding } from '../../cli/examine-models.ts';
import { modelCatalog } from '../../models/catalog.ts';
import { makeProject, type Project } from '../e2e/command.ts';

describe('what a model needs', () => {
  const entry = modelCatalog['smollm2-135m-instruct']!;
  const room = { memoryBytes: 25e9, freeDiskBytes: 60e9, cacheFolder: '/cache' };

  it('is there', () => {
    expect(modelFinding(entry, room, false)).toEqual({
      what: 'model',
      state: 'good',
      found:
        'smollm2-135m-instruct: 0.6 GB to fetch and convert; memory to open it: float32 0.5 GB, float16 1.1 GB, int8 2.7 GB, int4 2.7 GB',
    });
    expect(modelFinding(entry, { ...room, freeDiskBytes: 1 }, true)).toMatchObject({
      state: 'good',
      found: expect.stringContaining('is here'),
    });
  });

  it('is told where it is not', () => {
    expect(modelFinding(entry, { ...room, memoryBytes: 2e9, freeDiskBytes: 1e8 }, false)).toMatchObject({
      state: 'mind',
      advice: 'int8, int4 would be refused: there is 2.0 GB of memory. Fetching it needs 0.6 GB of disk, 0.1 GB are free.',
    });
  });
});

describe('tstar doctor', () => {
  let project: Project;
  let silent: Server;
  let address: string;
  beforeAll(async () => {
    project = await makeProject({ TSTAR_MIRRORS: '' });
    silent = createServer(() => {});
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
    address = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    silent.close();
    await project.remove();
  });

  it('finds what is here, and says what to do about what is not; a silent hub is passed over', async () => {
    const { code, stdout } = await project.tstar(['doctor', '--json'], {
      env: { HF_ENDPOINT: `http://${address}`, TSTAR_MIRRORS: `/no/such/mirror,${project.folder}` },
    });
    const findings = JSON.parse(stdout) as { what: string; state: string; found: string; advice?: string }[];
    const found = (what: string) => findings.filter((finding) => finding.what === what);
    expect(code).toBe(0);
    expect(found('ONNX Runtime')).toMatchObject([{ state: 'good', found: expect.stringMatching(/^\d+\.\d+\.\d+, providers: .*cpu/) }]);
    expect(found('hub')).toMatchObject([{ state: 'mind', found: expect.stringContaining('not reached') }]);
    expect(found('mirror').map(({ state }) => state)).toEqual(['mind', 'good']);
    expect(found('server')[0]!.found).toContain('none runs for this folder');
    expect([...found('runs'), ...found('downloads')].map(({ state }) => state)).toEqual(['good', 'good']);
    expect(found('model').map(({ found }) => found.split(':')[0])).toEqual(Object.keys(modelCatalog));
    for (const { state, advice } of findings) if (state !== 'good') expect(advice).toBeTruthy();
  });

  it.each([
    [{ TSTAR_UI_PORT: '99999' }, /^environment: TSTAR_UI_PORT=99999: .*; correct or unset it\n$/],
    [{ HF_ENDPOINT: 'banana' }, /^environment: HF_ENDPOINT .*; correct or unset it\n$/],
  ])('says a wrong setting in a line: %j', async (env, line) => {
    expect(await project.tstar(['doctor'], { env })).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(line) });
  });

  it('ends with 1 where nothing can be written, or a server that is named does not answer', async () => {
    const env = { HF_ENDPOINT: 'http://127.0.0.1:9', TEMPORAL_ADDRESS: address, TSTAR_CACHE: '/proc/no-downloads' };
    const { code, stdout } = await project.tstar(['doctor'], { env });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^✗ server +127\.0\.0\.1:\d+: no answer in 5 s\n +tstar down, then tstar up/m);
    expect(stdout).toMatch(/^✗ downloads +\/proc\/no-downloads.*\n +.*TSTAR_CACHE names another folder/m);
  });
});
