import type { AttentionSite } from '../../protocol/model';
import type { ModelRun, SiteCapture } from '../model/run';

/** The same attention in another run of the model; undefined where that run has none. */
export function sameSite({ sites }: ModelRun, one: AttentionSite): SiteCapture | undefined {
  return sites.find(
    ({ site }) => site.stack === one.stack && site.kind === one.kind && site.layer === one.layer,
  );
}
