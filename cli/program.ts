// The commands and their options: what `--help`, the completion scripts and docs/reference are made from. Every command lives in
// a file of its own and is imported only when it is called, so that `tstar --help` stays quick.
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';

const collect = (value: string, before: readonly string[]): string[] => [...before, value];

function wholeNumber(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError('It must be a whole number, 0 or more.');
  return Number(value);
}

function positive(value: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new InvalidArgumentError('It must be a whole number, 1 or more.');
  return Number(value);
}

const setOption = (): Option =>
  new Option('--set <param=value>', 'change a param of the pipeline (again for more; a list as 0.1,0.2)')
    .argParser(collect)
    .default([], 'none');

const matrixOption = (): Option =>
  new Option('--matrix <param=values>', 'run the pipeline once for each of these values (again for more: every combination; seed=1,2,3)')
    .argParser(collect)
    .default([], 'none');

/** Steps of one's own, beside what TSTAR_STEPS names; workers that this command starts know them too. */
const stepsOption = (): Option =>
  new Option('--steps <file>', 'know the steps of this module too (again for more; TSTAR_STEPS does the same)')
    .argParser(collect)
    .default([], 'none');

const INSTALL_COMPLETION = `
Install it with one line, then open a new shell:
  bash  echo 'eval "$(tstar completion bash)"' >> ~/.bashrc
  zsh   echo 'eval "$(tstar completion zsh)"' >> ~/.zshrc
  fish  tstar completion fish > ~/.config/fish/completions/tstar.fish`;

/** `exit` is told the exit code of the command that ran. */
export function buildProgram(exit: (code: number) => void): Command {
  const program = new Command('tstar')
    .description('Declarative, durable experiments on the numerics of language models.')
    .version(version())
    .exitOverride()
    .showHelpAfterError('(tstar --help lists the commands)')
    .configureHelp({ sortSubcommands: false })
    .hook('preAction', (_, command) => nameSteps(command.opts().steps));

  program
    .command('run <pipeline>')
    .description('run a pipeline (a YAML file, or the name of a shipped one) and show its results')
    .addOption(stepsOption())
    .addOption(setOption())
    .addOption(matrixOption())
    .option('--detach', 'start it and leave: needs `tstar up` or a Temporal cluster')
    .option('--json', 'one JSON document on stdout, people’s text on stderr')
    .option('--json-events', 'what happens as JSON lines on stdout (tstar schema --events describes them)')
    .option('--force <step>', 'compute this step again although its units are there (again for more)', collect, [])
    .option('--from <step>', 'compute this step and all below it again (again for more)', collect, [])
    .option('--until <step>', 'stop after this step and what it needs (again for more)', collect, [])
    .option('--only <step>', 'this step alone, with what it needs from the cache where it is there')
    .option(
      '--shard-units <count>',
      'at most so many units in one shard (smaller shards lose less with a worker; results stay the same)',
      positive,
    )
    .option('--concurrency <count>', 'shards in flight per queue', positive)
    .action(async (pipeline, options) => exit(await (await import('./run.ts')).run(pipeline, options)));
  program
    .command('plan <pipeline>')
    .description('what a run would do: every step with hits and misses, and why; has no side effects')
    .addOption(stepsOption())
    .addOption(setOption())
    .addOption(matrixOption())
    .option('--json', 'the plan as JSON')
    .option('--md', 'as Markdown: a table and a Mermaid graph')
    .option('--detailed-exitcode', 'exit 0 where there is nothing to do, 4 where something would run')
    .action(async (pipeline, options) => exit(await (await import('./plan.ts')).plan(pipeline, options)));
  program
    .command('validate <pipeline>')
    .description('check a pipeline file without running anything')
    .addOption(stepsOption())
    .addOption(setOption())
    .addOption(matrixOption())
    .option('--json', 'params, or what is wrong, as JSON')
    .action(async (pipeline, options) => exit(await (await import('./validate.ts')).validate(pipeline, options)));
  program
    .command('init [file]')
    .description('write a commented pipeline to start from (default: my-experiment.yaml)')
    .action(async (file) => exit(await (await import('./init.ts')).init(file)));
  program
    .command('runs')
    .description('the runs whose records are in the store, newest first')
    .option('--json', 'as JSON')
    .action(async (options) => exit(await (await import('./show.ts')).runs(options)));
  program
    .command('show [run]')
    .description('the results of a run (default: the newest)')
    .option('--cell <param=value,...>', 'one cell of a run with a matrix alone')
    .option('--json', 'as `run --json` prints it')
    .action(async (run, options) => exit(await (await import('./show.ts')).show(run, options)));
  program
    .command('diff <run> <other>')
    .description('in what two runs differ: params, versions, model, dataset, results with their intervals')
    .option('--json', 'as JSON')
    .action(async (a, b, options) => exit(await (await import('./diff.ts')).diff(a, b, options)));
  program
    .command('watch <run>')
    .description('follow an unfinished run to its end')
    .option('--json', 'one JSON document at the end')
    .option('--json-events', 'what happens as JSON lines on stdout (tstar schema --events describes them)')
    .action(async (run, options) => exit(await (await import('./watch.ts')).watch(run, options)));
  program
    .command('cancel <run>')
    .description('cancel an unfinished run; what is computed stays in the cache')
    .action(async (run) => exit(await (await import('./watch.ts')).cancel(run)));
  program
    .command('schedule [pipeline]')
    .description('have the server start a pipeline again and again; without one, list the schedules')
    .addOption(setOption())
    .addOption(matrixOption())
    .option('--every <interval>', 'at this interval: 30m, 6h, 1d, 1w')
    .option('--cron <fields>', "by a cron line in UTC: '0 3 * * *', @daily")
    .option('--name <name>', 'name of the schedule (default: the pipeline’s)')
    .option('--print', 'only print what would be created, as a command of the Temporal CLI')
    .option('--delete <name>', 'delete a schedule; runs that it has started go on')
    .option('--json', 'what was created or deleted, the list, or what --print prints, as JSON')
    .action(async (pipeline, options) => exit(await (await import('./schedule.ts')).schedule(pipeline, options)));
  program
    .command('dashboard [run]')
    .description('make the dashboard of a run again from the store (default: the newest)')
    .option('--out <folder>', 'where to write it (default: beside the run in the store)')
    .option('--compare <run...>', 'draw these runs beside it, with a table of differences')
    .option('--cell <param=value,...>', 'one cell of a run with a matrix alone')
    .option('--figures <folder>', 'every figure as SVG and PNG and every table as CSV, instead of the page')
    .option('--all', 'a static site of all runs: an index and a page per run; needs --out')
    .action(async (run, options) => exit(await (await import('./dashboard.ts')).dashboard(run, options)));
  program
    .command('repro <run> <step>')
    .description('compute one unit of a run again alone and compare it byte for byte with what is stored (exit 1 where it differs)')
    .addOption(stepsOption())
    .option(
      '--cell <axis=value,...>',
      'which unit: scale=0.1,prompt=3,draw=2 (an axis with one value may be left out), in which cell of a matrix: seed=1',
    )
    .option('--json', 'as JSON')
    .action(async (run, step, options) => exit(await (await import('./repro.ts')).repro(run, step, options)));
  program
    .command('worker')
    .description('serve the queues of a Temporal server until stopped')
    .addOption(stepsOption())
    .addOption(
      new Option('--queue <name>', 'tstar, tstar-cpu or tstar-cuda (again for more)')
        .argParser(collect)
        .default([], 'what this machine can'),
    )
    .addOption(new Option('--parent <pid>', 'end with this process').hideHelp())
    .addOption(new Option('--quiet', 'say warnings only').hideHelp())
    .action(async (options) => exit(await (await import('./worker.ts')).worker(options)));
  program
    .command('up')
    .description('start the embedded Temporal server and a worker in the background')
    .addOption(stepsOption())
    .action(async () => exit(await (await import('./up.ts')).up()));
  program
    .command('down')
    .description('stop what `tstar up` started; unfinished runs are kept')
    .action(async () => exit(await (await import('./up.ts')).down()));
  const models = program.command('models').description('models: list the catalogue, fetch one');
  models
    .command('ls')
    .description('models of the catalogue and whether they are here')
    .action(async () => exit(await (await import('./models.ts')).list()));
  models
    .command('fetch <model>')
    .description('download and convert a model into the cache')
    .action(async (model) => exit(await (await import('./models.ts')).fetch(model)));
  models
    .command('sites <model> [pattern]')
    .description('the hook points of a model: inputs of Linears, residual streams, logits (a pattern such as layers.*.mlp.*.input)')
    .option('--json', 'as JSON')
    .action(async (model, pattern, options) => exit(await (await import('./models.ts')).sites(model, pattern, options)));
  const cache = program.command('cache').description('what is stored: list, read, explain, compare, verify and clean up units');
  cache
    .command('ls [step]')
    .description('stored units by step, or those of one step (a step of a pipeline or a step type)')
    .option('--json', 'as JSON')
    .action(async (step, options) => exit(await (await import('./cache.ts')).list(step, options)));
  cache
    .command('get <name>')
    .description('a manifest by its key, or an object’s bytes by its digest (six digits are enough where they name one)')
    .option('--out <file>', 'write to a file instead of stdout')
    .action(async (name, options) => exit(await (await import('./cache.ts')).get(name, options)));
  cache
    .command('explain <key>')
    .description('what a key stands for, where its inputs come from, and how it differs from the nearest other unit')
    .option('--json', 'as JSON')
    .action(async (key, options) => exit(await (await import('./cache.ts')).explain(key, options)));
  cache
    .command('diff <a> <b>')
    .description('in which parts two keys differ, and whether their outputs do')
    .option('--json', 'as JSON')
    .action(async (a, b, options) => exit(await (await import('./cache.ts')).diff(a, b, options)));
  cache
    .command('verify')
    .description('hash everything again and name what is corrupt or missing (exit 1 then)')
    .option('--json', 'as JSON')
    .action(async (options) => exit(await (await import('./cache.ts')).verify(options)));
  cache
    .command('gc')
    .description('remove units that neither the newest runs nor unfinished ones need; records and dashboards stay')
    .requiredOption('--keep-runs <count>', 'how many of the newest runs to keep whole', wholeNumber)
    .option('--grace <minutes>', 'keep what was put so lately in any case', wholeNumber, 60)
    .option('--dry-run', 'say what would be removed')
    .option('--json', 'as JSON')
    .action(async (options) => exit(await (await import('./cache.ts')).gc(options)));
  program
    .command('steps [step]')
    .description('the steps that pipelines are made of; one of them with its params, inputs, outputs and axes')
    .addOption(stepsOption())
    .option('--json', 'as JSON')
    .option('--md', 'as Markdown')
    .action(async (step, options) => exit(await (await import('./steps.ts')).steps(step, options)));
  program
    .command('schema')
    .description('the JSON schema of pipeline files, for editors')
    .addOption(stepsOption())
    .option('--events', 'the schema of a line of --json-events instead')
    .action(async (options) => exit(await (await import('./steps.ts')).schema(options)));
  program
    .command('doctor')
    .description('check this machine: Node, ONNX Runtime, Temporal, hub and mirrors, disk, memory, and which models fit')
    .option('--json', 'as JSON')
    .action(async (options) => exit(await (await import('./doctor.ts')).doctor(options)));
  program
    .command('completion <shell>')
    .description('print a completion script for bash, zsh or fish')
    .addHelpText('after', INSTALL_COMPLETION)
    .action(async (shell) => exit(await (await import('./completion.ts')).completion(shell, program)));
  return program;
}

/** `--steps` is TSTAR_STEPS for this process and the workers that it starts. */
function nameSteps(files: readonly string[] = []): void {
  const named = [process.env.TSTAR_STEPS ?? '', ...files.map((file) => resolve(file))];
  if (files.length > 0) process.env.TSTAR_STEPS = named.filter((file) => file !== '').join(',');
}

function version(): string {
  return createRequire(import.meta.url)('tstar/package.json').version;
}
