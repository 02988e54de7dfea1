// What a unit's output is: a name that compile checks references by, and a codec to a file format that other tools
// read as it is (JSON, safetensors, Parquet). Encoding is deterministic: the same value gives the same bytes.

/** The formats of artifacts, with their file endings. */
export type ArtifactFormat = 'json' | 'safetensors' | 'parquet';

export interface ArtifactType<Value> {
  /** Kebab-case, for instance `hidden-state`: an output fits an input where the names agree. */
  readonly name: string;
  readonly format: ArtifactFormat;
  readonly description: string;
  encode(value: Value): Uint8Array | Promise<Uint8Array>;
  /** Throws where the bytes are not of this type. */
  decode(bytes: Uint8Array): Value | Promise<Value>;
}
