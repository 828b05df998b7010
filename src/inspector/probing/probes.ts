import type { ProbeChoice, ProbeLabels, ProbeReport } from '../../protocol/probes';
import type { Capture } from '../capture/capture';
import { InspectorError } from '../../protocol/errors';
import type { CorpusWork, ProbeFiles } from './probeFiles';

/** What is stored for a model and a corpus. */
export async function probes(
  _choice: ProbeChoice,
  _files: ProbeFiles,
): Promise<ProbeReport | null> {
  throw new InspectorError('internal', 'Not there yet.');
}

/** Fits and stores probes. */
export async function fitProbes(_choice: ProbeChoice, _work: CorpusWork): Promise<ProbeReport> {
  throw new InspectorError('internal', 'Not there yet.');
}

/** The stored probes applied to a run. */
export async function probeLabels(
  _capture: Capture,
  _choice: { readonly corpus?: string },
  _files: ProbeFiles,
): Promise<ProbeLabels | null> {
  throw new InspectorError('internal', 'Not there yet.');
}
