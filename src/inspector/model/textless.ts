import { basename } from 'node:path';
import type { InspectorError } from '../../protocol/errors';
import { sourceAt } from '../source/source';
import { readAnalysis } from './graph/loadGraph';
import { towerError } from './graph/towers';

/**
 * Why a model cannot be shown with any text: its graph reads pixels or sounds alone. Undefined for others,
 * and for files that cannot be read.
 */
export function textlessError(path: string): InspectorError | undefined {
  try {
    const { graphs } = sourceAt(path);
    return graphs.kind === 'single'
      ? towerError(basename(graphs.file), readAnalysis(graphs.file).roles)
      : undefined;
  } catch {
    return undefined;
  }
}
