// `tstar validate`: everything that can be said about a pipeline file without a server, a download or a run.
import { type GivenOnCommandLine, loadRequest } from './pipeline-request.ts';
import { log, printJson } from './workplace.ts';

export async function validate(pipeline: string, options: GivenOnCommandLine & { readonly json?: boolean }): Promise<number> {
  const { spec, params, matrix, order, cells } = await loadRequest(pipeline, options);
  const grid = cells.length === 0 ? '' : `, ${cells.length} cells (${order.length} steps in all)`;
  if (options.json) printJson({ valid: true, name: spec.name, params, ...(cells.length === 0 ? {} : { matrix, cells }) });
  else log(`${pipeline} is valid: ${spec.name}, ${Object.keys(spec.steps).length} steps, ${Object.keys(params).length} params${grid}`);
  return 0;
}
