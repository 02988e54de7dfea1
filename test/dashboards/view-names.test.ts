import { expect, it } from 'vitest';
import { viewNames } from '../../dashboards/view-names.ts';
import { views } from '../../dashboards/views/all.ts';

it('lists exactly the views that there are', () => {
  expect([...viewNames].sort()).toEqual(views.map((view) => view.name).sort());
});
