// Starting runs from the Temporal UI's form in a real browser, against `tstar up`: a named pipeline runs with an empty input
// or a few params; a misspelt name or param fails at once with the name that was meant.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, NO_CHROMIUM, openBrowser } from '../browser.ts';
import { hasMirror, NO_MIRROR } from '../mirror.ts';
import { makeProject, type Project, until } from './command.ts';

const missing = [hasMirror ? [] : [NO_MIRROR], hasChromium ? [] : [NO_CHROMIUM]].flat();
const TINY = { model: 'hf:fixtures/tiny-llama', dataset: 'gsm8k', promptCount: 2, maxNewTokens: 8 };

describe.skipIf(missing.length > 0)(`the Temporal UI's start form${missing.length > 0 ? ` (skipped: ${missing.join('; ')})` : ''}`, () => {
  let project: Project;
  let browser: Browser;
  let form: string;

  beforeAll(async () => {
    project = await makeProject();
    const up = await project.tstar(['up']);
    expect(up.code, up.stderr).toBe(0);
    form = /http:\/\/\S+start-workflow\S+/.exec(up.stdout)![0];
    browser = await openBrowser();
  }, 600_000);
  afterAll(async () => {
    await browser?.close();
    await project?.remove();
  });

  it('has its fields filled by the link that `tstar up` prints', async () => {
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
});

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
