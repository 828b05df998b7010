import { InspectorError } from '../../protocol/errors';
import type { InspectorApi } from '../../protocol/inspector';
import type { Params } from '../../protocol/rpc';
import type { HeadOfCapture, RowStatistics, Tile, TilePlan, Vectors } from '../../protocol/tiles';
import type { Capture } from './capture';

export function tilePlan(_capture: Capture, _head: HeadOfCapture): TilePlan {
  throw new InspectorError('internal', 'This is not there yet.');
}

export function vectors(_capture: Capture, _params: Params<InspectorApi, 'vectors'>): Vectors {
  throw new InspectorError('internal', 'This is not there yet.');
}

export function rowStatistics(
  _capture: Capture,
  _params: Params<InspectorApi, 'rowStatistics'>,
): Promise<RowStatistics> {
  throw new InspectorError('internal', 'This is not there yet.');
}

export function tile(_capture: Capture, _params: Params<InspectorApi, 'tile'>): Promise<Tile> {
  throw new InspectorError('internal', 'This is not there yet.');
}
