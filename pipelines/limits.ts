// Limits on specs, far above any real one: a spec may come from the Temporal UI, and a worker must not choke on it.

/** A pipeline of a hundred steps with comments has about 30 KB. */
export const MAX_SPEC_LETTERS = 1_000_000;
/** Real specs nest five deep. */
export const MAX_SPEC_DEPTH = 24;
/** Keys and values in all. */
export const MAX_SPEC_VALUES = 100_000;
/** More problems than this are not read by anybody. */
export const MAX_PROBLEMS = 100;
/** Steps of one pipeline, also counted with their cells; sorting them walks their edges, and a run's progress lists them. */
export const MAX_STEPS = 1000;
/** Values of one axis: a plan lists them all. */
export const MAX_AXIS_VALUES = 1_000_000;
/** Units of one step. */
export const MAX_UNITS = 10_000_000;
/** Cells of a matrix: each has tables and figures of its own. */
export const MAX_CELLS = 256;
/** Params of all matrices of a pipeline: with two values each, nine make too many cells. */
export const MAX_MATRIX_PARAMS = 16;
/** A cell's name is part of workflow ids (at most 1000 bytes) and of a run's progress. */
export const MAX_CELL_NAME_BYTES = 200;
