// How a record holds a 95 % interval and its standard error: null where one prompt gives none.
import { z } from 'zod';

export const interval = { Low: z.number().nullable(), High: z.number().nullable(), Se: z.number().nullable() };
