// `tstar schedule`: has the server start a pipeline at an interval or by a cron line; lists and deletes such schedules. With
// --print it only shows what it would create, as a command of the Temporal CLI, and needs no server.
import { grantPaths } from '../activities/spec-roots.ts';
import { UserError } from '../formats/user-error.ts';
import { connect, type OpenClient } from '../temporal/connection.ts';
import {
  CATCHUP_MS,
  createSchedule,
  deleteSchedule,
  type ListedSchedule,
  listSchedules,
  type ScheduleRequest,
  type ScheduleTimes,
  timesText,
} from '../temporal/schedules.ts';
import { type GivenOnCommandLine, loadRequest } from './pipeline-request.ts';
import { runningServer } from './server.ts';
import { quoted } from './shell-words.ts';
import { renderTable } from './table.ts';
import { openWorkplace, printJson, type Workplace } from './workplace.ts';

export interface ScheduleOptions extends GivenOnCommandLine {
  readonly every?: string;
  readonly cron?: string;
  readonly name?: string;
  readonly print?: boolean;
  readonly delete?: string;
  readonly json?: boolean;
}

export async function schedule(pipeline: string | undefined, options: ScheduleOptions): Promise<number> {
  if (options.delete !== undefined) return remove(options.delete, options);
  if (pipeline === undefined) return list(options);
  const times = readTimes(options);
  const { workflowType, spec, input, requested } = await loadRequest(pipeline, options);
  const request = { name: options.name ?? spec.name, workflowType, pipeline: spec.name, input, times };
  if (options.print) {
    if (options.json) printJson(request);
    else process.stdout.write(`${temporalCommand(request)}\n`);
    return 0;
  }
  return withServer(async (open, { log, store }) => {
    await grantPaths(requested, { store, request });
    await createSchedule(open, request);
    if (options.json) printJson(request);
    log(`${request.name} is started ${timesText(times)}, as long as the server and a worker are up (tstar up)`);
    log(`to end this: tstar schedule --delete ${quoted(request.name)}`);
  });
}

async function remove(name: string, { json }: ScheduleOptions): Promise<number> {
  return withServer(async (open, { log }) => {
    await deleteSchedule(open, name);
    if (json) printJson({ deleted: name });
    log(`schedule ${name} is deleted; runs that it has started go on`);
  });
}

async function list({ json, set, matrix, every, cron, print }: ScheduleOptions): Promise<number> {
  if (set.length + matrix.length > 0 || every !== undefined || cron !== undefined || print)
    throw new UserError('schedule: name a pipeline to start, such as tstar schedule effective-noise --every 1d');
  return withServer(async (open, { log }) => {
    const schedules = await listSchedules(open);
    if (json) printJson(schedules);
    else if (schedules.length === 0) log('no schedules: tstar schedule effective-noise --every 1d makes one');
    else process.stdout.write(`${schedulesTable(schedules)}\n`);
  });
}

async function withServer(work: (open: OpenClient, workplace: Workplace) => Promise<void>): Promise<number> {
  const workplace = await openWorkplace();
  const open = await connect(await runningServer(workplace.home));
  try {
    await work(open, workplace);
    return 0;
  } finally {
    await open.close();
  }
}

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
/** Five fields, or a word such as @daily. Whether the fields make sense is the server's to say. */
const CRON = /^(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|\S+(\s+\S+){4})$/;

function readTimes({ every, cron }: ScheduleOptions): ScheduleTimes {
  if ((every === undefined) === (cron === undefined))
    throw new UserError("schedule: say when, by one of --every 6h and --cron '0 3 * * *'");
  if (cron !== undefined) {
    if (CRON.test(cron.trim())) return { kind: 'cron', cron: cron.trim() };
    throw new UserError(`--cron ${cron}: expected five fields (minute hour day month weekday, in UTC) such as '0 3 * * *', or @daily`);
  }
  const [, count, unit] = /^([1-9]\d{0,5})\s*([mhdw])$/.exec(every!.trim()) ?? [];
  if (count !== undefined) return { kind: 'every', everyMs: Number(count) * UNIT_MS[unit!]! };
  throw new UserError(`--every ${every}: expected a whole number with m, h, d or w, such as 30m or 1d`);
}

/** What creates the same schedule without tstar. */
function temporalCommand({ name, workflowType, pipeline, input, times }: ScheduleRequest): string {
  const when = times.kind === 'every' ? ['--interval', `${times.everyMs / 1000}s`] : ['--cron', times.cron];
  const words = ['temporal', 'schedule', 'create', '--schedule-id', name, ...when, '--overlap-policy', 'Skip'];
  words.push('--catchup-window', `${CATCHUP_MS / 1000}s`, '--task-queue', 'tstar', '--type', workflowType);
  words.push('--workflow-id', pipeline, '--input', JSON.stringify(input));
  return words.map(quoted).join(' ');
}

function schedulesTable(schedules: readonly ListedSchedule[]): string {
  return renderTable<ListedSchedule>(
    [
      { header: 'schedule', align: 'left', cell: ({ name }) => name },
      { header: 'pipeline', align: 'left', cell: ({ pipeline }) => pipeline },
      { header: 'when', align: 'left', cell: ({ when }) => when },
      {
        header: 'next',
        align: 'left',
        cell: ({ paused, nextAt }) => (paused ? 'paused' : (nextAt?.slice(0, 16).replace('T', ' ') ?? '-')),
      },
      { header: 'last run', align: 'left', cell: ({ runs }) => runs.at(-1) ?? '-' },
    ],
    schedules,
  );
}
