import { InspectorError } from '../../protocol/errors';
import type { ModelRun, SiteCapture } from '../model/instrumentedModel';

/** Runs the same text with equal positions for the queries and keys of one site, by its index in the card. */
export type EqualRerun = (site: number) => Promise<ModelRun>;

/** Sites whose queries and keys are kept. */
const KEPT_SITES = 4;

/** Queries and keys of a capture's text where every token has the same position. */
export class EqualRuns {
  private readonly known = new Map<SiteCapture, Promise<SiteCapture>>();

  constructor(
    private readonly indexOf: (capture: SiteCapture) => number,
    private readonly rerun: EqualRerun | undefined,
  ) {}

  /** @throws InspectorError `not-captured` for captures from files, `inputs-wrong` for some models */
  of(capture: SiteCapture): Promise<SiteCapture> {
    const known = this.known.get(capture) ?? this.fetch(capture);
    this.known.delete(capture);
    this.known.set(capture, known);
    // One that failed is tried again.
    known.catch(() => this.known.delete(capture));
    for (const oldest of this.known.keys()) {
      if (this.known.size <= KEPT_SITES) break;
      this.known.delete(oldest);
    }
    return known;
  }

  private async fetch(capture: SiteCapture): Promise<SiteCapture> {
    if (!this.rerun) {
      throw new InspectorError(
        'not-captured',
        'A capture file has no model to run again with equal positions. Inspect the text with the model itself.',
      );
    }
    const { stack, kind, layer } = capture.site;
    const { sites } = await this.rerun(this.indexOf(capture));
    const found = sites.find(
      ({ site }) => site.stack === stack && site.kind === kind && site.layer === layer,
    );
    if (found) return found;
    throw new InspectorError(
      'capture-missing',
      'This layer could not be run again with equal positions. Run it again.',
    );
  }
}
