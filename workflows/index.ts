// The workflow bundle. A pipeline's name is a workflow type: the default export serves every type that has no export of its
// own, so a person types `effective-noise` into the Temporal UI (the activity planPipeline says whether it exists).
export { runPipeline as default, runPipeline } from './run-pipeline.ts';
export { runShards } from './run-shards.ts';
