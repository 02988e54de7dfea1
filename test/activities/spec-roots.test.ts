// Which files a spec may name: those below the roots, and what the command line has granted for that very request.
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkRoots, grantPaths } from '../../activities/spec-roots.ts';
import type { Store } from '../../artifacts/store.ts';
import { openFolderStore } from '../../artifacts/stores/folder.ts';

let folder = '';
let store: Store;
const request = { workflowType: 'effective-noise', input: { promptCount: 2 } };
const at = (name: string) => join(folder, name);
const model = (path: string) => ({ models: [path], datasets: [] });
const dataset = (...preference: string[]) => ({ models: [], datasets: [{ preference, split: 'test' }] });
const check = (requested: Parameters<typeof checkRoots>[0], ofRequest = request) =>
  checkRoots(requested, { roots: [at('project')], store, request: ofRequest });

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'tstar-roots-')));
  store = await openFolderStore(at('store'), { warn: () => undefined });
  for (const name of ['project/model/onnx', 'project-secrets', 'secret']) await mkdir(at(name), { recursive: true });
  for (const name of ['project/model/config.json', 'project/questions.parquet', 'secret/config.json']) await writeFile(at(name), '{}');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('checkRoots', () => {
  it('lets names of the catalogue and of the hub pass, and paths below a root', async () => {
    await check(model('smollm2-135m-instruct'));
    await check(model('hf:owner/name'));
    await check(dataset('gsm8k', 'word-problems'));
    await check(model(at('project/model')));
    await check(dataset(at('project/questions.parquet')));
  });

  it.each(['secret', 'project/../secret', 'project-secrets', 'not-there', 'project/../../etc', '.'])(
    'refuses %s, in the same words whether it exists or not',
    async (name) => {
      await expect(check(model(at(name)))).rejects.toThrow(
        new RegExp(`^model .*: .* lies outside of the folders that a spec may name here \\(${at('project')}\\); .*TSTAR_ROOTS`),
      );
    },
  );

  it('refuses a dataset among others', async () => {
    await expect(check(dataset('gsm8k', at('secret/config.json')))).rejects.toThrow(/^dataset .*outside of the folders/);
  });

  it('follows links: of the path itself, of a file in it, of a folder in it', async () => {
    await symlink(at('secret'), at('project/linked'));
    await expect(check(model(at('project/linked')))).rejects.toThrow(/outside of the folders/);
    await symlink(at('secret/config.json'), at('project/model/onnx/model.onnx'));
    await expect(check(model(at('project/model')))).rejects.toThrow(/a link in it leads outside/);
    await rm(at('project/model/onnx/model.onnx'));
    await symlink(at('project/model/config.json'), at('project/model/inside.json'));
    await check(model(at('project/model')));
  });

  it('takes what the command line granted, for that request alone', async () => {
    await grantPaths(model(at('secret')), { store, request });
    await check(model(at('secret')));
    await expect(check(model(at('secret')), { ...request, input: { promptCount: 3 } })).rejects.toThrow(/outside/);
    await expect(check(model(at('project-secrets')))).rejects.toThrow(/outside/);
  });

  it('grants the files, not where a link may lead later', async () => {
    const later = { ...request, input: { promptCount: 4 } };
    await mkdir(at('elsewhere'));
    await grantPaths(model(at('elsewhere')), { store, request: later });
    await symlink(at('secret/config.json'), at('elsewhere/config.json'));
    await expect(check(model(at('elsewhere')), later)).rejects.toThrow(/a link in it leads outside/);
  });
});
