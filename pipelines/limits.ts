// Limits on specs, far above any real one: a spec may come from the Temporal UI, and a worker must not choke on it.

/** A pipeline of a hundred steps with comments has about 30 KB. */
export const MAX_SPEC_LETTERS = 1_000_000;
/** Real specs nest five deep. */
export const MAX_SPEC_DEPTH = 24;
/** Keys and values in all. */
export const MAX_SPEC_VALUES = 100_000;
/** More problems than this are not read by anybody. */
export const MAX_PROBLEMS = 100;
/** Steps of one pipeline; sorting them walks their edges. */
export const MAX_STEPS = 1000;
/** Values of one axis: a plan lists them all. */
export const MAX_AXIS_VALUES = 1_000_000;
/** Units of one step. */
export const MAX_UNITS = 10_000_000;
