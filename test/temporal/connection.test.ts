// What a connection that cannot be used says.
import { expect, test } from 'vitest';
import { UserError } from '../../formats/user-error.ts';
import { connect } from '../../temporal/connection.ts';
import { startDevServer } from './dev-server.ts';

test('a namespace that the server does not have is named, with what to do', async () => {
  const dev = await startDevServer();
  try {
    const { target } = dev.server;
    const refused = connect({ ...target, namespace: 'typo' });
    await expect(refused).rejects.toBeInstanceOf(UserError);
    await expect(refused).rejects.toThrow(`the Temporal server at ${target.address} has no namespace typo; set TEMPORAL_NAMESPACE`);
  } finally {
    await dev.stop();
  }
});
