// `npm run docs`: writes docs/reference and the editors' schema from the built program.
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { steps } from '../dist/activities/steps.js';
import { referencePages } from '../dist/cli/reference.js';
import { viewNames } from '../dist/dashboards/view-names.js';
import { editorSchema } from '../dist/pipelines/schema.js';

const folder = fileURLToPath(new URL('./reference/', import.meta.url));
await mkdir(folder, { recursive: true });
for (const [name, text] of Object.entries(referencePages())) await writeFile(`${folder}${name}`, text);
const schema = fileURLToPath(new URL('../pipelines/schema.json', import.meta.url));
await writeFile(schema, `${JSON.stringify(editorSchema(steps, viewNames), null, 2)}\n`);
