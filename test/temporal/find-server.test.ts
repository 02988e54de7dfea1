// Where the server's program comes from: the order of the sources, and what is said when one fails. Programs are stand-ins.
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CLI_VERSION, findServer } from '../../temporal/find-server.ts';
import { runProgram } from '../../temporal/run-program.ts';

let folder: string;
let said: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tstar-find-'));
  said = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function program(path: string, script: string): Promise<string> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

const works = 'echo "temporal version 1.5.1 (Server 1.29.1)"';
/** A download that is refused at once, on any machine: the proxy is nobody. */
const noNetwork = { HTTPS_PROXY: 'http://127.0.0.1:9', https_proxy: 'http://127.0.0.1:9', HOME: tmpdir() };
const find = (PATH: string) =>
  findServer({ cacheFolder: join(folder, 'cache'), log: (line) => said.push(line), env: { ...noNetwork, PATH } });

test('the program on PATH comes first, then the cached one; one that does not run is left, and told', async () => {
  const onPath = await program(join(folder, 'a/temporal'), works);
  const cached = await program(join(folder, `cache/bin/temporal-${CLI_VERSION}`), works);
  const broken = await program(join(folder, 'b/temporal'), 'exit 3');
  const other = await program(join(folder, 'c/temporal'), 'echo hello');
  expect(await find(`${folder}/a:/nowhere`)).toBe(onPath);
  expect(await find(`${folder}/b:${folder}/c`)).toBe(cached);
  expect(said).toEqual([
    `${broken} does not run (exit status 3); looking further`,
    `${other} does not run (it says hello); looking further`,
  ]);
});

test('where the download is refused it is built with Go, once, and moved into the cache whole', async () => {
  // Stands for go: writes its environment, then the program.
  await program(
    join(folder, 'bin/go'),
    `echo "$@ CGO_ENABLED=$CGO_ENABLED" > ${folder}/called; printf '#!/bin/sh\\n${works}\\n' > $GOBIN/temporal`,
  );
  const found = await find(`${folder}/bin:/bin:/usr/bin`);
  expect(found).toBe(join(folder, `cache/bin/temporal-${CLI_VERSION}`));
  expect(await readFile(join(folder, 'called'), 'utf8')).toBe(
    `install github.com/temporalio/cli/cmd/temporal@${CLI_VERSION} CGO_ENABLED=0\n`,
  );
  expect(await readdir(join(folder, 'cache/bin'))).toEqual([`temporal-${CLI_VERSION}`]);
  expect(said[0]).toContain('downloading the Temporal CLI');
  expect(said[1]).toMatch(/^Temporal server, the SDK's download: /);
  expect(await find('/nowhere')).toBe(found);
});

test('where nothing works the error names every source and the ways out', async () => {
  const failed = find('/nowhere');
  await expect(failed).rejects.toThrow(
    /no Temporal server: the SDK's download: .*; go install: go is not on PATH\. Put the Temporal CLI .* TEMPORAL_ADDRESS/,
  );
  expect(await readdir(join(folder, 'cache/bin'))).toEqual([]);
});

test('a program without a sign of life is ended, one whose files grow is not', async () => {
  const silent = runProgram('/bin/sh', ['-c', 'sleep 30'], { env: process.env, silenceMs: 300 });
  await expect(silent).rejects.toThrow('silent for 0 s');
  let size = 1;
  await runProgram('/bin/sh', ['-c', 'sleep 1'], { env: process.env, silenceMs: 300, sign: async () => size++ });
});
