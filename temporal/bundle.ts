// The workflow code as one file for the SDK's sandbox. `npm run build` makes it once; a worker that runs from sources, or
// finds none, makes it at its start (some seconds).
import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleOption } from '@temporalio/worker';

const WORKFLOWS = join(import.meta.dirname, '..', 'workflows');
/** `.ts` in the sources, `.js` in the build. */
const EXTENSION = extname(import.meta.filename);

/** Where `npm run build` puts it and a built worker looks for it. */
export const BUNDLE_PATH = join(WORKFLOWS, 'bundle.js');

export async function bundleWorkflows(outFile: string = BUNDLE_PATH): Promise<void> {
  const { code } = await makeBundle();
  await mkdir(dirname(outFile), { recursive: true });
  await writeFile(`${outFile}.new`, code);
  await rename(`${outFile}.new`, outFile);
}

export async function findBundle(): Promise<WorkflowBundleOption> {
  // Beside sources a bundle would be an old one.
  return EXTENSION === '.js' && existsSync(BUNDLE_PATH) ? { codePath: BUNDLE_PATH } : makeBundle();
}

async function makeBundle(): Promise<{ readonly code: string }> {
  return bundleWorkflowCode({
    workflowsPath: join(WORKFLOWS, `index${EXTENSION}`),
    payloadConverterPath: join(WORKFLOWS, `payload-converter${EXTENSION}`),
    logger: new DefaultLogger('WARN'),
  });
}
