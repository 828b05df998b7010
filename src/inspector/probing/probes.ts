import type { ProbeChoice, ProbeReport } from '../../protocol/probes';
import { runAndFit } from './fitProbes';
import type { CorpusWork, ProbeFiles } from './probeFiles';
import { saveProbes, storedPath } from './probeStore';
import { storedProbes } from './storedProbes';

/**
 * What is stored for a model and a corpus; null where nothing was fitted. Broken files count as nothing.
 * @throws InspectorError `model-missing`, `inputs-wrong` where the corpus cannot be read
 */
export async function probes(choice: ProbeChoice, files: ProbeFiles): Promise<ProbeReport | null> {
  return (await storedProbes(choice, files))?.report ?? null;
}

/**
 * Fits probes and stores them, for the next time.
 * @throws InspectorError `cancelled` within a second, `inputs-wrong`, `not-captured`
 */
export async function fitProbes(choice: ProbeChoice, work: CorpusWork): Promise<ProbeReport> {
  const fitted = await runAndFit(choice, work);
  const { storage } = work.files;
  if (storage === undefined) return fitted.report;
  try {
    await saveProbes(storedPath(storage, fitted.report), fitted);
    return fitted.report;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const note = `The probes could not be stored, so they are lost with this session (${reason}).`;
    return { ...fitted.report, notes: [...fitted.report.notes, note] };
  }
}
