// A run of the study with as many rows as asked for, in a store as a run leaves it, and no model behind it: responses, hidden
// states and scores are drawn from a seed. What is made of them (tables, Parquet rows, indexes, run.json, page) is made by the
// steps themselves and by `finishRun`. Without it a dashboard of 100,000 rows would cost an hour of model.
import { type HeadScoreArtifact, promptType } from '../../activities/artifact-types.ts';
import { calibrate, calibrateTemperature } from '../../activities/calibrate-temperature.ts';
import { checkPipeline, compilePipeline } from '../../activities/compile-pipeline.ts';
import { finishRun } from '../../activities/finish-run.ts';
import { fitTStar } from '../../activities/fit-t-star.ts';
import { putPlan } from '../../activities/plan-store.ts';
import { steps } from '../../activities/steps.ts';
import { summarizeNoise } from '../../activities/summarize-noise.ts';
import { encodeOutputs } from '../../activities/unit-call.ts';
import type { NamedTensors } from '../../artifacts/codecs.ts';
import { type Digest, digestOf } from '../../artifacts/digest.ts';
import { encodeIndex, makeIndex } from '../../artifacts/index-artifact.ts';
import { openFolderStore } from '../../artifacts/stores/folder.ts';
import { createHub } from '../../hub/create-hub.ts';
import { readHubSettings } from '../../hub/settings.ts';
import { predictedTemperature } from '../../numerics/alpha.ts';
import { streamOf, uniformAt } from '../../numerics/coordinates.ts';
import { normalAt } from '../../numerics/normal.ts';
import { parseSpec } from '../../pipelines/parse.ts';
import { type Coordinates, type PlanNode, unitCount, unitsOf } from '../../pipelines/plan.ts';
import type { StepDefinition } from '../../pipelines/step.ts';

const STUDY = `name: large-study
params:
  model: { type: string }
  dataset: { type: string }
  promptCount: { type: integer }
  drawCount: { type: integer }
steps:
  questions: { uses: load-dataset, with: { dataset: [$params.dataset], limit: $params.promptCount } }
  prompts: { uses: render-prompts, with: { model: $params.model, questions: $questions.rows } }
  responses:
    uses: generate-responses
    with: { model: $params.model, prompts: $prompts.ids, temperatures: [0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2] }
  calibration: { uses: calibrate-temperature, with: { model: $params.model, responses: $responses.ids, questions: $questions.rows } }
  hidden: { uses: capture-hidden, with: { model: $params.model, prompts: $prompts.ids } }
  noisy:
    uses: inject-noise
    with: { model: $params.model, prompts: $prompts.ids, scales: [0.01, 0.02, 0.05, 0.1, 0.2], drawCount: $params.drawCount }
  effectiveNoise: { uses: summarize-noise, with: { clean: $hidden.states, noisy: $noisy.states } }
  scores:
    uses: score-temperatures
    with:
      model: $params.model
      hidden: $hidden.states
      tBase: 0.8
      temperatureMultiples: [0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2.0]
      noises: [0.05, 0.075, 0.1, 0.2, 0.5, 0.75]
      drawCount: $params.drawCount
  tStar: { uses: fit-t-star, with: { scores: $scores.scores } }
results: { calibration: $calibration.table, tBaseUsed: $tStar.tBaseUsed, temperatures: $tStar.temperatures, effectiveNoise: $effectiveNoise.table, tStar: $tStar.table, slope: $tStar.slope }
`;
const RUN = 'large-study';
const T_BASE = 0.8;
const TEMPERATURES = [0.56, 0.64, 0.72, 0.8, 0.88, 0.96, 1.04, 1.12, 1.2, 1.28, 1.44, 1.6];
/** Channels of a hidden state: enough for a std. */
const WIDTH = 8;

export interface LargeRunRequest {
  readonly home: string;
  readonly model: string;
  readonly dataset: string;
  readonly promptCount: number;
  readonly drawCount: number;
}

export interface LargeRun {
  /** Rows behind the tables of steps 1, 3 and 4. */
  readonly rows: number;
  /** Path of the page. */
  readonly dashboard: string;
}

export async function makeLargeRun({ home, ...params }: LargeRunRequest): Promise<LargeRun> {
  const log = () => undefined;
  const store = await openFolderStore(home, { warn: log });
  const hub = createHub({ ...readHubSettings(process.env), fetch, log });
  const sets = Object.entries(params).map(([name, value]) => `${name}=${value}`);
  const checked = checkPipeline(parseSpec(STUDY, 'large-study.yaml'), { sets }, steps);
  const plan = await compilePipeline(checked, { hub, signal: new AbortController().signal, store: store.id });
  const at = new Date().toISOString();
  const placesOf = (id: string) => [...unitsOf(plan.nodes.find((node) => node.id === id)!)];
  const graded = placesOf('responses').map(gradedAt);
  const rows = graded.length + placesOf('noisy').length + placesOf('scores').length;
  const tables: { readonly [node: string]: () => Promise<Outputs> } = {
    calibration: async () => {
      const table = calibrate(graded);
      return { step: calibrateTemperature, outputs: { table, tBase: table.tBase, graded } };
    },
    effectiveNoise: () => ran(summarizeNoise, { clean: placesOf('hidden').map(stateAt), noisy: placesOf('noisy').map(stateAt) }),
    tStar: () => ran(fitTStar, { scores: placesOf('scores').map(scoreAt) }),
  };
  // The record asks every prompt for its BOS tokens: they share one.
  const prompt = await store.putObject(await promptType.encode({ text: 'What is it?', ids: [1, 2], doubledBos: false }));
  const nodes = [];
  for (const node of plan.nodes) {
    const made = await tables[node.id]?.();
    const entries =
      made === undefined
        ? nameOnly(node, node.id === 'prompts' ? prompt : undefined)
        : [{ coordinates: {}, outputs: await putOutputs(made) }];
    const index = makeIndex(
      node.axes.map(({ name }) => name),
      entries,
    );
    const units = unitCount(node);
    nodes.push({
      id: node.id,
      index: await store.putObject(encodeIndex(index)),
      units,
      hit: 0,
      computed: units,
      startedAt: at,
      endedAt: at,
      shards: [],
    });
  }
  const record = { run: RUN, temporalRunId: 't', workflowType: 'runPipeline', input: {}, status: 'done', error: null } as const;
  const said: string[] = [];
  const { dashboard } = await finishRun(
    { ...record, plan: await putPlan(store, plan), startedAt: at, nodes, warnings: [] },
    { store, steps, namespace: 'default', log: (text) => said.push(text) },
  );
  if (dashboard === null) throw new Error(said.join('\n'));
  return { rows, dashboard };

  async function putOutputs({ step, outputs }: Outputs) {
    const digests: Record<string, Awaited<ReturnType<typeof store.putObject>>> = {};
    const unit = { coordinates: {}, read: never, readAll: never };
    for await (const { name, bytes } of encodeOutputs(step, { unit, outputs })) digests[name] = await store.putObject(bytes);
    return digests;
  }
}

interface Outputs {
  readonly step: StepDefinition;
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** What the one unit of a step makes of whole inputs. */
async function ran(step: StepDefinition, inputs: Readonly<Record<string, readonly Placed[]>>): Promise<Outputs> {
  const unit = {
    coordinates: {},
    read: never,
    readAll: async <T>(name: string) => inputs[name] as { coordinates: Coordinates; value: T }[],
  };
  const call = { params: {}, units: [unit], environment: null, signal: new AbortController().signal, progress: ignore, warn: ignore };
  for await (const { outputs } of step.run({ ...call, sources: {} as never, services: {} as never })) return { step, outputs };
  throw new Error(`${step.name} made nothing`);
}

interface Placed {
  readonly coordinates: Coordinates;
  readonly value: unknown;
}

/** Units whose objects nobody reads, by digests alone; or all with the same object. */
function nameOnly(node: PlanNode, shared: Digest | undefined) {
  const digestAt = (output: string, place: Coordinates) => shared ?? digestOf(`${node.id} ${output} ${JSON.stringify(place)}`);
  return [...unitsOf(node)].map((coordinates) => ({
    coordinates,
    outputs: Object.fromEntries(node.outputs.map((output) => [output, digestAt(output, coordinates)])),
  }));
}

function gradedAt({ prompt, temperature }: Coordinates) {
  const isRight = uniformAt(streamAt({ prompt: prompt!, temperature: temperature! }), 0) < 0.3;
  const [truth, extracted] = [String(prompt), isRight ? String(prompt) : '0'];
  const response = `${`Step by step, question ${prompt} asks for a number. `.repeat(8)}The answer is ${extracted}.`;
  const place = { prompt: prompt as number, temperature: temperature as number };
  return { ...place, question: `What is ${prompt}?`, response, extracted, truth, correct: isRight, tokens: 96, finish: 'stop' as const };
}

function stateAt(coordinates: Coordinates): Placed & { readonly value: NamedTensors } {
  const { prompt, draw, scale = 0 } = coordinates;
  const clean = streamAt({ prompt: prompt! });
  const noise = draw === undefined ? undefined : streamAt({ prompt: prompt!, draw });
  const channel = (_: number, i: number) => 3 * normalAt(clean, i) + (noise === undefined ? 0 : 27 * Number(scale) * normalAt(noise, i));
  return { coordinates, value: { hidden_last: Float32Array.from({ length: WIDTH }, channel) } };
}

function scoreAt(coordinates: Coordinates): Placed & { readonly value: HeadScoreArtifact } {
  const { prompt, draw, noise } = coordinates as { prompt: number; draw: number; noise: number };
  const stream = streamAt({ prompt, draw });
  const alpha = 2 * noise ** 2 * Math.exp(0.1 * normalAt(stream, 0));
  const best = predictedTemperature(T_BASE, alpha) * Math.exp(noise * (0.2 * normalAt(stream, 1) + 0.3 * noise));
  const klAt = (temperature: number) => 0.5 * alpha + Math.log(temperature / best) ** 2;
  const klByTemperature = TEMPERATURES.map(klAt);
  const value: HeadScoreArtifact = {
    tBase: T_BASE,
    temperatures: TEMPERATURES,
    alpha,
    klByTemperature,
    probByTemperature: TEMPERATURES.map((temperature) => Math.exp(-temperature)),
    bestTKl: TEMPERATURES[klByTemperature.indexOf(Math.min(...klByTemperature))]!,
    bestTKlContinuous: best,
    atEnd: null,
    bestTProb: TEMPERATURES[0]!,
    cleanLogitsStd: 1.7,
    noisyLogitsStd: 1.7 * Math.sqrt(1 + alpha),
    differenceStd: 1.7 * Math.sqrt(alpha),
  };
  return { coordinates, value };
}

function streamAt(place: Coordinates) {
  return streamOf(
    'large-run',
    Object.entries(place).map(([name, value]) => ({ name, real: Number(value) })),
  );
}

function ignore(): void {}

async function never(): Promise<never> {
  throw new Error('the steps of tables read whole inputs alone');
}
