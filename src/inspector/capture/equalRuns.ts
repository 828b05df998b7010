import { InspectorError } from '../../protocol/errors';
import { sameSite, type ModelRun, type SiteCapture } from '../model/run';
import { Latest } from './latest';

/** Runs the same text with equal positions for the queries and keys of one site, by its index in the card. */
export type EqualRerun = (site: number) => Promise<ModelRun>;

/** Sites whose queries and keys are kept. */
const KEPT_SITES = 4;

/** Queries and keys of a capture's text where every token has the same position. */
export class EqualRuns {
  private readonly known = new Latest(KEPT_SITES, (capture: SiteCapture) => this.fetch(capture));

  constructor(
    private readonly indexOf: (capture: SiteCapture) => number,
    private readonly rerun: EqualRerun | undefined,
  ) {}

  /** @throws InspectorError `not-captured` for captures from files, `inputs-wrong` for some models */
  of(capture: SiteCapture): Promise<SiteCapture> {
    return this.known.get(capture);
  }

  private async fetch(capture: SiteCapture): Promise<SiteCapture> {
    if (!this.rerun) {
      throw new InspectorError(
        'not-captured',
        'A capture file has no model to run again with equal positions. Inspect the text with the model itself.',
      );
    }
    const found = sameSite(await this.rerun(this.indexOf(capture)), capture.site);
    if (found) return found;
    throw new InspectorError(
      'capture-missing',
      'This layer could not be run again with equal positions. Run it again.',
    );
  }
}
