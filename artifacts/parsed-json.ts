// The schema of a member of which nothing is known but that JSON.parse gave it: there, and that is all there is to check.
// `z.json()` would try its union again at every level, which was a third of the time of reading a manifest.
import { z } from 'zod';

export type ParsedJson = z.infer<ReturnType<typeof z.json>>;

export const parsedJson = z.custom<ParsedJson>((value) => value !== undefined);
