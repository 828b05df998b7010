import type { AttentionSite, ModelCard } from '../../protocol/model';
import { sameSite, type ModelRun } from '../model/run';
import { maskedInRun } from '../model/tensors/maskedRows';
import { runNonNumbers } from './runNonNumbers';

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

/**
 * What people should know about a run: attention that it refuses, numbers that are none, empty rows.
 * @param isPadded people put padding there, whose rows may well be empty
 */
export function runNotes(card: ModelCard, run: ModelRun, isPadded = false): string[] {
  const broken = runNonNumbers(run, card);
  const masked = broken.length || isPadded ? undefined : maskedInRun(run.sites);
  return [...refusedNotes(card.sites, run), ...broken, ...(masked === undefined ? [] : [masked])];
}

/** A sentence for each attention that only this run refuses. */
function refusedNotes(sites: readonly AttentionSite[], run: ModelRun): string[] {
  return [...(run.refused ?? [])].flatMap(([i, reason]) => {
    const site = sites[i];
    return site
      ? [`The ${site.kind}-attention of ${site.stack} layer ${site.layer} is not shown: ${reason}.`]
      : [];
  });
}
