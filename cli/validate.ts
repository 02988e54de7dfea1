// `tstar validate`: everything that can be said about a pipeline file without a server, a download or a run.
import { UserError } from '../formats/user-error.ts';
import { loadRequest } from './pipeline-request.ts';
import { log, printJson } from './workplace.ts';

export async function validate(pipeline: string, options: { readonly set: readonly string[]; readonly json?: boolean }): Promise<number> {
  try {
    const { spec, params } = await loadRequest(pipeline, options.set);
    if (options.json) printJson({ valid: true, name: spec.name, params });
    else log(`${pipeline} is valid: ${spec.name}, ${Object.keys(spec.steps).length} steps, ${Object.keys(params).length} params`);
    return 0;
  } catch (error) {
    if (!(error instanceof UserError && options.json)) throw error;
    printJson({ valid: false, problems: error.message.split('\n') });
    return 2;
  }
}
