// Templates that write today's date write one date for ever: the prompts of an experiment do not depend on the day.
import { expect, test } from 'vitest';
import { withFixedDate } from '../../models/template-date.ts';

test.each([
  [`{{ strftime_now("%d %b %Y") }}`, '{{ "26 Jul 2024" }}'],
  [`{%- set today = strftime_now( '%Y-%m-%d' ) %}`, '{%- set today = "2024-07-26" %}'],
  [`{{ strftime_now("%A, %B %-d; %j of the year, %I %p") }}`, '{{ "Friday, July 26; 208 of the year, 12 AM" }}'],
  [`{%- if strftime_now is defined %}{% endif %}{{ date_string }}`, `{%- if strftime_now is defined %}{% endif %}{{ date_string }}`],
])('%s', (template, expected) => {
  expect(withFixedDate(template, 'model')).toBe(expected);
});

test.each([
  ['{{ strftime_now(format) }}', /^model: the chat template writes the time of rendering/],
  ['{{ strftime_now("%q") }}', /^model: the chat template writes a date with %q/],
])('%s is refused', (template, message) => {
  expect(() => withFixedDate(template, 'model')).toThrow(message);
});
