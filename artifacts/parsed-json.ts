// Schemas of members of which nothing is known but that JSON.parse gave them: that they are there, and are objects, is all there
// is to check. `z.json()` and `z.record()` would try every level again, which was half of the time of reading a manifest.
import { z } from 'zod';

type ParsedJson = z.infer<ReturnType<typeof z.json>>;

export const parsedJson = z.custom<ParsedJson>((value) => value !== undefined);

export const parsedObject = z.custom<Record<string, ParsedJson>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
);
