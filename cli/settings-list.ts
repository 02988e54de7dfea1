// The settings that tstar reads from the environment, for people. The rooms that use them check them.

export interface Setting {
  readonly name: string;
  readonly default: string;
  readonly description: string;
}

export const SETTINGS: readonly Setting[] = [
  {
    name: 'TSTAR_HOME',
    default: '`.tstar` beside the nearest package.json, else in the working folder',
    description: "the store, the runs with their dashboards, and Temporal's SQLite file",
  },
  {
    name: 'TSTAR_CACHE',
    default: '`$XDG_CACHE_HOME/tstar`, else `~/.cache/tstar`',
    description: 'downloads: models, questions, the Temporal server',
  },
  { name: 'XDG_CACHE_HOME', default: '`~/.cache`', description: 'where TSTAR_CACHE lies where it is not set' },
  {
    name: 'TSTAR_MIRRORS',
    default: 'none',
    description:
      'folders and http(s) addresses laid out like the hub, separated by commas, tried before it: a folder is `datasets/OWNER/NAME/...` and `OWNER/NAME/...`, an address as `resolve/REVISION/`',
  },
  { name: 'HF_ENDPOINT', default: '`https://huggingface.co`', description: 'the Hugging Face hub' },
  { name: 'HF_TOKEN', default: 'none', description: 'token for the hub, for models that ask for one' },
  {
    name: 'TSTAR_STEPS',
    default: 'none',
    description: 'modules with steps of one’s own, separated by commas ([write-a-step.md](../write-a-step.md)); `--steps` adds to it',
  },
  {
    name: 'TSTAR_ROOTS',
    default: 'the folder of the nearest package.json',
    description:
      'folders, separated by commas, below which a spec from the Temporal UI or another client may name models and datasets of a worker’s machine; `tstar run` may name any',
  },
  { name: 'TSTAR_TEMPORAL_PORT', default: '`7233`', description: 'port of the embedded Temporal server' },
  { name: 'TSTAR_UI_PORT', default: '`8233`', description: 'port of its web UI' },
  { name: 'TSTAR_UI_ADDRESS', default: 'none', description: 'where people see the web UI of a cluster: links lead there' },
  {
    name: 'TEMPORAL_ADDRESS',
    default: 'none: the embedded server',
    description:
      'a Temporal cluster; TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS_... and profiles (TEMPORAL_PROFILE, TEMPORAL_CONFIG_FILE) as in the standard client configuration',
  },
  { name: 'NO_COLOR', default: 'none', description: 'set to anything: no colours' },
];
