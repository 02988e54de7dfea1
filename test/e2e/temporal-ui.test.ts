// The Temporal UI in a real browser, against `tstar up`. Its start form: a named pipeline runs with an empty input or a few
// params; a misspelt name or param fails at once with the name that was meant. Its other tools: cancelling and resetting a run, the
// list's filter, and what is shown of a run under way.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, type OpenClient } from '../../temporal/connection.ts';
import { embeddedTarget } from '../../temporal/settings.ts';
import type { RunProgress } from '../../workflows/messages.ts';
import { hasChromium, NO_CHROMIUM, openBrowser } from '../browser.ts';
import { hasMirror, NO_MIRROR } from '../mirror.ts';
import { makeProject, type Project, until } from './command.ts';
import { backgroundWorker } from './processes.ts';

const missing = [hasMirror ? [] : [NO_MIRROR], hasChromium ? [] : [NO_CHROMIUM]].flat();
const TINY = { model: 'hf:fixtures/tiny-llama', dataset: 'gsm8k', promptCount: 2, maxNewTokens: 8 };

describe.skipIf(missing.length > 0)(`the Temporal UI${missing.length > 0 ? ` (skipped: ${missing.join('; ')})` : ''}`, () => {
  let project: Project;
  let browser: Browser;
  let form: string;
  let open: OpenClient;

  beforeAll(async () => {
    project = await makeProject();
    const up = await project.tstar(['up']);
    expect(up.code, up.stderr).toBe(0);
    form = /http:\/\/\S+start-workflow\S+/.exec(up.stdout)![0];
    browser = await openBrowser();
    open = await connect(embeddedTarget(project.ports));
  }, 600_000);
  afterAll(async () => {
    await browser?.close();
    await open?.close();
    await project?.remove();
  });

  const drawsDone = async (run: string): Promise<number | undefined> => {
    const { nodes } = await open.client.workflow.getHandle(run).query<RunProgress>('progress');
    return nodes.find(({ id }) => id === 'noisy')?.done;
  };
  const cancelRequested = async (run: string): Promise<boolean> => {
    const { events } = await open.client.workflow.getHandle(run).fetchHistory();
    return events?.some((event) => event.workflowExecutionCancelRequestedEventAttributes) ?? false;
  };
  const recordOf = async (run: string): Promise<RunRecord | undefined> => {
    const { code, stdout } = await project.tstar(['show', run, '--json']);
    return code === 2 ? undefined : (JSON.parse(stdout) as RunRecord);
  };

  it('has its start form filled by the link that `tstar up` prints', async () => {
    const page = await openForm(browser, form);
    expect(await page.inputValue('#taskQueue')).toBe('tstar');
    expect(await page.inputValue('#workflowType')).toBe('effective-noise');
    expect(await page.inputValue('#workflowId')).toMatch(/^effective-noise-/);
    await page.close();
  });

  it('runs a pipeline by its name', async () => {
    const page = await startFromForm(browser, form, { input: TINY, workflowId: 'from-the-form' });
    const shown = await until('the run from the form ended', async () => {
      const answer = await project.tstar(['show', 'from-the-form', '--json']);
      return answer.code === 2 ? undefined : answer;
    });
    expect(JSON.parse(shown.stdout)).toMatchObject({ status: 'done', pipeline: 'effective-noise', params: { promptCount: 2 } });
    await page.close();
  });

  it('fails a misspelt pipeline at once and names the one that was meant', async () => {
    const page = await startFromForm(browser, form, { input: {}, workflowId: 'misspelt-type', workflowType: 'efective-noise' });
    await page.getByText('did you mean effective-noise', { exact: false }).first().waitFor({ timeout: 60_000 });
    await page.close();
  });

  it('fails a misspelt param at once and names the one that was meant', async () => {
    const page = await startFromForm(browser, form, { input: { promptCuont: 2 }, workflowId: 'misspelt-param' });
    await page.getByText('promptCount', { exact: false }).first().waitFor({ timeout: 60_000 });
    await page.close();
  });

  it('reads no model outside of the project', async () => {
    const page = await startFromForm(browser, form, { input: { model: '/etc' }, workflowId: 'foreign-folder' });
    await page.getByText('outside of the folders that a spec may name', { exact: false }).first().waitFor({ timeout: 60_000 });
    await page.close();
  });

  it('shows the steps of a run, cancels it in the middle of one, and resets it: it completes with what was computed before', async () => {
    const started = await project.tstar(['run', 'effective-noise', ...NOISY]);
    expect(started.code, started.stderr).toBe(0);
    const run = started.stdout.trim();
    await until('the run had a plan', async () => ((await drawsDone(run)) === undefined ? undefined : true));
    const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
    await page.goto(form.replace(/start-workflow.*/, run));
    await page.locator('[data-testid="user-metadata-tab"]').click();
    const row = page.frameLocator('iframe').locator('tr', { hasText: 'noisy' });
    expect(await row.innerText()).toMatch(/noisy\s+(waiting|running)\s+\d+ of 600/);
    await until('some draws were done', async () => (((await drawsDone(run)) ?? 0) > 8 ? true : undefined));
    // The worker stands still meanwhile: the clicks take seconds on a busy machine, the rest of the run no more than that.
    await whileStopped(backgroundWorker(project), async () => {
      await page.locator('button:visible', { hasText: 'Request Cancellation' }).first().click();
      await page.locator('dialog[open] [data-testid="confirm-modal-button"]').click();
      await until('the server was asked', async () => ((await cancelRequested(run)) ? true : undefined));
    });
    const cancelled = await until('the run ended', () => recordOf(run));
    expect(cancelled.status).toBe('cancelled');
    // The page asks for news now and then; loaded anew it has them.
    await page.reload();
    await page.getByText('Canceled', { exact: true }).first().waitFor({ timeout: 60_000 });

    await page.getByRole('button', { name: 'Reset', exact: true }).first().click();
    await page.locator('dialog[open] [data-testid="workflow-reset-event-id-select-button"]').click();
    await page.locator('dialog[open] [role="option"]', { hasText: 'WorkflowTaskCompleted' }).first().click();
    await page.locator('dialog[open] [data-testid="confirm-modal-button"]').click();
    const done = await until('the reset run ended', async () => {
      const record = await recordOf(run);
      return record?.status === 'cancelled' ? undefined : record;
    });
    expect(done.status).toBe('done');
    const [before, after] = [cancelled, done].map(({ steps }) => steps.find(({ step }) => step === 'noisy')!) as [NodeRecord, NodeRecord];
    expect(before.computed).toBeGreaterThan(0);
    expect(before.computed).toBeLessThan(600);
    expect(after.hit).toBeGreaterThanOrEqual(before.computed);
    expect(after.hit + after.computed).toBe(600);
    await page.close();
  });

  it('filters the list of runs by pipeline and model', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
    const filter = async (query: string) => {
      await page.goto(form.replace(/\/start-workflow.*/, ''));
      await page.locator('[data-testid="toggle-manual-query"]').click();
      await page.locator('[data-testid="manual-search-input"]').fill(query);
      await page.keyboard.press('Enter');
      await page.waitForURL(/query=/);
    };
    const row = (run: string) => page.locator('a', { hasText: run });
    for (const query of ['TstarPipeline = "effective-noise"', 'TstarModel = "hf:fixtures/tiny-llama"']) {
      await filter(query);
      await row('from-the-form').first().waitFor();
      // It never had a plan, hence neither a pipeline nor a model.
      expect(await row('misspelt-param').count()).toBe(0);
    }
    await filter('TstarPipeline = "temperature-calibration"');
    await page.getByText('No Results').first().waitFor();
    await page.close();
  });
});

const SETS = ['model=hf:fixtures/tiny-llama', 'dataset=gsm8k', 'promptCount=10', 'drawCount=12'];
/** 600 draws in shards of two, one shard after the other: long enough for a page to be opened while they run. */
const NOISY = [...SETS.flatMap((set) => ['--set', set]), '--until', 'noisy', '--shard-units', '2', '--concurrency', '1', '--detach'];

async function whileStopped(pid: number, act: () => Promise<void>): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  try {
    await act();
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

interface NodeRecord {
  readonly step: string;
  readonly hit: number;
  readonly computed: number;
}

interface RunRecord {
  readonly status: string;
  readonly steps: readonly NodeRecord[];
}

interface FormInput {
  readonly input: unknown;
  readonly workflowId: string;
  readonly workflowType?: string;
}

async function openForm(browser: Browser, address: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
  await page.goto(address);
  await page.locator('[data-testid="start-workflow-button"]').waitFor();
  return page;
}

/** Fills the form and starts; leaves the page on the run's history, where a failure shows its message. */
async function startFromForm(browser: Browser, address: string, { input, workflowId, workflowType }: FormInput): Promise<Page> {
  const page = await openForm(browser, address);
  await page.fill('#workflowId', workflowId);
  if (workflowType !== undefined) await page.fill('#workflowType', workflowType);
  const editor = page.locator('.cm-content[contenteditable="true"]').first();
  await editor.click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.insertText(JSON.stringify(input));
  // Leaving the editor formats the JSON, and the button moves down.
  await page.locator('h1').first().click();
  await page.locator('[data-testid="start-workflow-button"]').click();
  // The form leads back to the list of runs, or says that it started one.
  await page.goto(address.replace(/start-workflow.*/, workflowId));
  return page;
}
