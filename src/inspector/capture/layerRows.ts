import type { AttentionRow, LayerRows } from '../../protocol/capture';
import type { LayerRowsAddress } from '../../protocol/inspector';
import type { Capture } from './capture';

/**
 * One query's row in each head of a layer, `[heads, keys]`.
 * @throws InspectorError where the layer cannot be shown or has no such query
 */
export async function layerRows(
  capture: Capture,
  choice: Omit<LayerRowsAddress, 'capture'>,
): Promise<LayerRows> {
  const { heads } = capture.siteAt(choice.block, choice.layer).site;
  const rows = await Promise.all(
    Array.from({ length: heads }, (_, head) => capture.row({ ...choice, head })),
  );
  return packRows(choice.query, rows);
}

/** Rows of one length, one head each, beside each other. */
export function packRows(query: number, rows: readonly AttentionRow[]): LayerRows {
  const heads = rows.length;
  const keys = rows[0]?.weights.length ?? 0;
  const weights = new Float32Array(heads * keys);
  const allowed = new Uint8Array(heads * keys);
  const hasSink = rows.some(({ sink }) => sink !== undefined);
  rows.forEach((row, head) => {
    weights.set(row.weights, head * keys);
    allowed.set(row.allowed, head * keys);
  });
  const sink = Float32Array.from(rows, row => row.sink ?? 0);
  return { query, heads, keys, weights, ...(hasSink ? { sink } : {}), allowed };
}
