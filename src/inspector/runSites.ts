import type { AttentionSite } from '../protocol/model';
import { sameSite } from './capture/sameSite';
import type { ModelRun } from './model/instrumentedModel';

/**
 * The model's attentions as one run has them: with the scale that it had there, and refused where the run
 * does not bear out what was checked when the model was opened.
 */
export function sitesOfRun(sites: readonly AttentionSite[], run: ModelRun): AttentionSite[] {
  return sites.map((site, i) => {
    const reason = run.refused?.get(i);
    if (reason !== undefined) return { ...site, check: { result: 'refused', reason } };
    return sameSite(run, site)?.site ?? site;
  });
}

/** A sentence for each attention that only this run refuses. */
export function refusedNotes(sites: readonly AttentionSite[], run: ModelRun): string[] {
  return [...(run.refused ?? [])].flatMap(([i, reason]) => {
    const site = sites[i];
    return site
      ? [`The ${site.kind}-attention of ${site.stack} layer ${site.layer} is not shown: ${reason}.`]
      : [];
  });
}
