import { InspectorError } from '../../protocol/errors';
import type { PanelApi } from '../../protocol/panel';
import type { Params } from '../../protocol/rpc';
import { placeOf, type SourcePlace } from '../../protocol/source';
import type { Inspection } from '../runs/inspection';
import { shownCapture } from '../runs/shownCapture';

/**
 * The place that a page means. Pages name a step of an attention, never a path.
 * @throws InspectorError `capture-missing`, `not-captured` where the model does not tell
 */
export function sourcePlace(
  { capture, block, layer, stage }: Params<PanelApi, 'openSource'>,
  inspection: Pick<Inspection, 'capture'>,
): SourcePlace {
  const { model } = shownCapture(capture, inspection);
  const site = model.sites.find(
    one => one.stack === block.stack && one.kind === block.kind && one.layer === layer,
  );
  const place = placeOf(site?.source, stage);
  if (place) return place;
  throw new InspectorError(
    'not-captured',
    `The file of ${model.name} does not say where this step of layer ${layer} is written. Export the model with torch.onnx.export(…, dynamo=True).`,
  );
}
