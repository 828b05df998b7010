import type { ProbeChoice, SyntaxReport } from '../../protocol/probes';
import { InspectorError } from '../../protocol/errors';
import type { CorpusWork } from './probeFiles';

/** How well heads follow syntax. */
export async function syntax(_choice: ProbeChoice, _work: CorpusWork): Promise<SyntaxReport> {
  throw new InspectorError('internal', 'Not there yet.');
}
