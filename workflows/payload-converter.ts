// How the workflows' side reads payloads: as the SDK does, but what a person sent to a run and cannot be read becomes a value
// that the run refuses in its own words. The SDK would fail the workflow's task instead, and try it again for ever. Results of
// activities and children are ours: those throw.
import { defaultPayloadConverter, type Payload, type PayloadConverter, type SerializationContext } from '@temporalio/common';
import { inWorkflowContext, workflowInfo } from '@temporalio/workflow';
import { UnreadablePayload } from './unreadable-payload.ts';

/** The SDK looks for an export of this name. */
export const payloadConverter: PayloadConverter = {
  toPayload: (value, context, hint) => defaultPayloadConverter.toPayload(value, context, hint),
  fromPayload: <T>(payload: Payload, context?: SerializationContext): T => {
    try {
      return defaultPayloadConverter.fromPayload<T>(payload, context);
    } catch (error) {
      if (isSentToThisRun(context)) return new UnreadablePayload(whyUnreadable(payload)) as T;
      throw error;
    }
  },
};

function isSentToThisRun(context: SerializationContext | undefined): boolean {
  return context?.type === 'workflow' && inWorkflowContext() && workflowInfo().workflowId === context.workflowId;
}

const SHOWN_CHARACTERS = 40;

function whyUnreadable({ metadata, data }: Payload): string {
  const encoding = textOf(metadata?.encoding);
  if (encoding !== 'json/plain') return `encoded as ${encoding || 'nothing'} (json/plain is what a run reads)`;
  const text = textOf(data);
  const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}...` : text;
  return text === '' ? 'empty' : `no JSON: ${JSON.stringify(shown)}`;
}

/** A field that was not sent is a plain empty array here, which is no bytes to the decoder. */
function textOf(bytes: Uint8Array | null | undefined): string {
  return bytes?.length ? new TextDecoder().decode(bytes) : '';
}
