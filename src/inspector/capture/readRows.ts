import type { SiteCapture } from '../model/run';
import type { Capture, HeadRows } from './capture';
import { pickRows } from './mapSource';
import { isRead } from './withoutPadding';

/** Rows of one head to measure, those of hidden padding left out; of long texts some. */
export async function readRows(
  capture: Capture,
  site: SiteCapture,
  head: number,
): Promise<HeadRows> {
  const all = await capture.rowsOf(site, head);
  const isToken = isRead(capture.summary, site.site.stack);
  const kept = all.rows.flatMap((query, at) => (isToken(query) ? [at] : []));
  if (kept.length === all.rows.length) return all;
  return { ...pickRows(all, kept), rows: kept.map(at => all.rows[at] ?? 0) };
}
