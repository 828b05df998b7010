import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ProbeReport, ProbeTask } from '../../protocol/probes';
import { SafetensorsFile, writeSafetensorsFile } from '../files/safetensorsFile';
import { sizeOf } from '../runtime/tensor';
import type { LinearProbe } from './fit/types';
import { parseReport } from './reportSchema';
import { WORD_TASKS } from './tasks';

/** A report, and the probes of its tasks about single words. */
export interface StoredProbes {
  readonly report: ProbeReport;
  /** `[states]` of each task; those of pairs of words are not kept, for nothing applies them. */
  readonly probes: ReadonlyMap<ProbeTask, readonly LinearProbe[]>;
}

/** What a file is of. */
export interface ProbeKey {
  readonly modelHash: string;
  readonly corpusHash: string;
}

/** Name of the file beside a bundled model. */
export const BESIDE_MODEL = 'probes.safetensors';
const REPORT_KEY = 'probes';
/** A model of 100 states of 8,192 numbers has fewer. */
const LARGEST_FILE = 512 * 2 ** 20;
const WIDEST = 65_536;

/** Where the probes of a model and a corpus are kept in a folder. */
export const storedPath = (folder: string, { modelHash, corpusHash }: ProbeKey): string =>
  join(folder, 'probes', `${modelHash}-${corpusHash}.safetensors`);

/**
 * Writes a report with its probes as `.safetensors`: `<task>.<state>.weights` `[classes, width]` and
 * `<task>.<state>.bias` `[classes]`, float32, the report as JSON in the metadata. The file appears whole or
 * not at all.
 * @throws whatever the file system says
 */
export async function saveProbes(path: string, { report, probes }: StoredProbes): Promise<void> {
  const tensors = WORD_TASKS.flatMap(task =>
    (probes.get(task) ?? []).flatMap(({ weights, bias }, state) => [
      {
        name: `${task}.${state}.weights`,
        dims: [bias.length, weights.length / bias.length],
        chunks: () => [weights],
      },
      { name: `${task}.${state}.bias`, dims: [bias.length], chunks: () => [bias] },
    ]),
  );
  await mkdir(dirname(path), { recursive: true });
  await writeSafetensorsFile(path, tensors, { [REPORT_KEY]: JSON.stringify(report) });
}

/**
 * Reads what `saveProbes` wrote, and everything that is used of it is checked; undefined where there is no
 * such file, or it is broken, or of another model or corpus.
 */
export async function loadProbes(path: string, key: ProbeKey): Promise<StoredProbes | undefined> {
  try {
    return await read(path, key);
  } catch (error) {
    if (error instanceof Unusable) return undefined;
    throw error;
  }
}

class Unusable extends Error {}

const unusable = (what: string): never => {
  throw new Unusable(what);
};

async function read(path: string, key: ProbeKey): Promise<StoredProbes> {
  const file = await SafetensorsFile.open(path, unusable);
  if (file.size > LARGEST_FILE) return unusable('it is too large');
  const report = parseReport(file.metadata[REPORT_KEY] ?? '') ?? unusable('it has no report');
  if (report.modelHash !== key.modelHash || report.corpusHash !== key.corpusHash) {
    return unusable('it is of another model or corpus');
  }
  const probes = new Map<ProbeTask, readonly LinearProbe[]>();
  for (const { task, classes } of report.tasks) {
    if (!WORD_TASKS.includes(task)) continue;
    const states: LinearProbe[] = [];
    for (let state = 0; state < report.states; state++) {
      const weights = await readTensor(file, `${task}.${state}.weights`, classes.length);
      const bias = await readTensor(file, `${task}.${state}.bias`, classes.length);
      if (
        bias.length !== classes.length ||
        weights.length !== (states[0] ?? { weights }).weights.length
      ) {
        unusable('its probes have different sizes');
      }
      states.push({ weights, bias });
    }
    probes.set(task, states);
  }
  return { report, probes };
}

/** A tensor whose first dimension is the classes. */
async function readTensor(file: SafetensorsFile, name: string, classes: number) {
  const place = file.tensors.get(name) ?? unusable(`“${name}” is missing`);
  const [rows, width = 1, ...others] = place.dims;
  if (place.dtype !== 'F32' || rows !== classes || width > WIDEST || others.length > 0) {
    unusable(`“${name}” has a wrong shape`);
  }
  const values = await file.read(place, sizeOf(place.dims));
  return values.every(Number.isFinite) ? values : unusable(`“${name}” holds no numbers`);
}
