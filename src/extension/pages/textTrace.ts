import type { CaptureSummary } from '../../protocol/capture';
import { InspectorError } from '../../protocol/errors';
import type { TextTrace } from '../../protocol/panel';
import { tracedPart } from '../../protocol/tokenTrace';
import type { InspectorClient } from '../runs/inspectorClient';
import type { ModelCatalog } from '../models/modelCatalog';

/** What a trace is asked of. */
export interface TraceSources {
  readonly client: Pick<InspectorClient, 'call'>;
  readonly catalog: Pick<ModelCatalog, 'find'>;
}

/**
 * How a tokenizer splits the text of a capture: that of its own model, or of an offered one.
 * @param reference the offered model; null for the capture's own
 */
export async function traceText(
  capture: CaptureSummary | undefined,
  reference: string | null,
  { client, catalog }: TraceSources,
): Promise<TextTrace> {
  if (!capture) {
    throw new InspectorError('capture-missing', 'There is no run to look at. Run the text again.');
  }
  const { path, name } = capture.model;
  if (reference === null && capture.file !== undefined) {
    throw new InspectorError(
      'tokenizer-missing',
      'This capture was read from a file, which holds tokens and no tokenizer. Choose a model to see how it splits the text.',
    );
  }
  const model =
    reference === null
      ? { reference: path, label: name, detail: '', path }
      : await catalog.find(reference);
  const { rendered } = capture;
  const text = tracedPart(rendered?.text ?? capture.text);
  const isRendered = rendered !== undefined;
  const trace = await client.call('trace', {
    model: model.path,
    text,
    ...(isRendered ? { isRendered } : {}),
  });
  const { label, detail } = model;
  return { model: { reference: model.reference, label, detail }, text, trace };
}
