import type { Block } from '../../protocol/capture';
import type { HeadFacts, HeadRole } from '../../protocol/headFacts';
import { measureHead, type HeadMeasures } from '../attention/headMeasures';
import { roleOf } from '../attention/headRole';
import { hasRepeats, repeatsOf } from '../attention/repeats';
import { breaths } from '../runtime/breathe';
import { extent, type Capture } from './capture';
import { readRows } from './readRows';

/**
 * Role and measures of every head of a block on this text; the rules are those of `headRole.ts`,
 * the means those of `headMeasures.ts`. Of long texts some queries stand for all.
 */
export async function headFacts(capture: Capture, block: Block): Promise<HeadFacts> {
  const sites = capture.sitesOf(block);
  const { layers, heads } = extent(capture, block);
  // Query and key of cross-attention are of different sequences.
  const tokens = block.kind === 'self' ? (capture.summary.tokens[block.stack] ?? []) : [];
  const repeatsAt = block.kind === 'self' ? repeatsOf(tokens) : undefined;
  const all: ({ readonly measures: HeadMeasures; readonly rows: number } | null)[] = Array.from(
    { length: layers * heads },
    () => null,
  );
  const breathe = breaths();
  for (const site of sites) {
    for (let head = 0; head < site.site.heads; head++) {
      const rows = await readRows(capture, site, head);
      const measures = measureHead(rows, repeatsAt);
      all[site.site.layer * heads + head] = { measures, rows: rows.rows.length };
      await breathe();
    }
  }
  const roles = all.map(one => (one ? roleOf(one.measures) : null));
  const column = (of: (measures: HeadMeasures) => number): Float32Array =>
    Float32Array.from(all, one => (one ? of(one.measures) : NaN));
  return {
    block,
    layers,
    heads,
    roles: roles.map((one): HeadRole | null => one?.role ?? null),
    scores: Float32Array.from(roles, one => one?.score ?? NaN),
    entropy: column(({ entropy }) => entropy),
    previous: column(({ previous }) => previous),
    current: column(({ current }) => current),
    next: column(({ next }) => next),
    mostAttended: Int32Array.from(all, one => one?.measures.mostAttended ?? -1),
    received: column(({ received }) => received),
    sink: column(({ sink }) => sink),
    hasRepeats: hasRepeats(tokens),
    sampledQueries: Math.max(0, ...all.map(one => one?.rows ?? 0)),
  };
}
