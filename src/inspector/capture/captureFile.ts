import { randomUUID } from 'node:crypto';
import { copyFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { CaptureSummary } from '../../protocol/capture';
import { InspectorError } from '../../protocol/errors';
import type { AttentionSite } from '../../protocol/model';
import { captureTensors } from '../captureFile/captureTensors';
import { checkShapes } from '../captureFile/checkShapes';
import { madeSummary, numberedTokens } from '../captureFile/madeSummary';
import {
  MOST_SITES,
  readSummary,
  SUMMARY_KEY,
  writeSummary,
  type StoredSummary,
} from '../captureFile/storedSummary';
import {
  placesOf,
  siteName,
  type CapturePlaces,
  type SitePlaces,
} from '../captureFile/tensorNames';
import { bytesOf, TensorReader } from '../captureFile/tensorReader';
import type { ModelRun, SiteCapture } from '../model/run';
import { replaceFile } from '../files/replaceFile';
import { SafetensorsFile, writeSafetensorsFile } from '../files/safetensorsFile';
import type { Fail } from '../files/boundedJson';
import { Capture } from './capture';
import { formatBytes, MEMORY_BUDGET } from '../model/tensors/memoryBudget';

/**
 * Writes a capture as safetensors with its summary in the metadata. One that came from a file is
 * copied.
 * @throws InspectorError `inputs-wrong`
 */
export async function saveCapture({ summary, run }: Capture, path: string): Promise<void> {
  try {
    const { file } = summary;
    if (file === undefined) {
      const metadata = { [SUMMARY_KEY]: writeSummary(summary) };
      await writeSafetensorsFile(path, captureTensors(run), metadata);
    } else if (file !== path) {
      await replaceFile(path, (_, temporary) => copyFile(file, temporary));
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InspectorError('inputs-wrong', `The capture cannot be saved as ${path}: ${reason}.`, {
      cause,
    });
  }
}

/**
 * Reads what `saveCapture`, a dump or a script of the same layout wrote. Everything in it is checked
 * against its size and its summary before it is used; a file without a summary gets one from its
 * shapes.
 * @param memoryBudget bytes that its tensors may take; what does not fit is read when it is looked at
 * @throws InspectorError `capture-broken`, `out-of-memory`
 */
export async function openCapture(path: string, memoryBudget = MEMORY_BUDGET): Promise<Capture> {
  const fail: Fail = what => {
    const reason = what.length > 300 ? `${what.slice(0, 300)}…` : what;
    const name = basename(path);
    throw new InspectorError('capture-broken', `The capture ${name} cannot be opened: ${reason}.`);
  };
  const file = await SafetensorsFile.open(path, fail);
  const places = placesOf(file.tensors);
  const stored = await summaryOf(file, places, fail);
  checkShapes(stored, places, fail);

  const shown = shownSites(stored, places);
  if (shown.length === 0) fail('it holds neither weights nor query and key of any attention');
  const reader = new TensorReader(file, memoryBudget);
  const sites: SiteCapture[] = [];
  for (const { site, placed } of shown) sites.push({ site, ...(await reader.vectors(placed)) });
  const outputs = await reader.outputs(places);
  const experts = await reader.experts(places, stored, fail);
  const effective = await reader.effective(places, stored);
  for (const [i, { placed }] of shown.entries()) {
    const maps = await reader.maps(placed);
    const capture = sites[i];
    if (capture && maps) sites[i] = { ...capture, ...maps };
  }
  for (const capture of sites) checkExtent(capture, memoryBudget, path);

  const summary: CaptureSummary = {
    ...stored,
    id: randomUUID(),
    sites: sites.map(({ site }) => site),
    notes: [...(stored.notes ?? []), ...notesOf(places), ...reader.notes()],
    file: path,
  };
  return new Capture(
    summary,
    { sites, experts, effective, ...outputs, runTime: stored.timings.run },
    async (index): Promise<ModelRun> => {
      const site = stored.model.sites[index];
      const placed = shown.find(other => other.site === site)?.placed;
      const maps = placed && (await new TensorReader(file, memoryBudget).maps(placed));
      if (site && maps) {
        return { sites: [{ site, ...maps }], hiddenStates: {}, lastResidual: {}, runTime: 0 };
      }
      throw new InspectorError('not-captured', missingMaps(path, placed));
    },
  );
}

async function summaryOf(
  file: SafetensorsFile,
  places: CapturePlaces,
  fail: Fail,
): Promise<StoredSummary> {
  const count = places.sites.length;
  if (count === 0) fail('it holds no tensor with a name like “encoder.layers.0.self.weights”');
  if (count > MOST_SITES) fail(`it holds ${count} attentions, more than ${MOST_SITES}`);
  const json = file.metadata[SUMMARY_KEY];
  if (json === undefined) return madeSummary(file, places, fail);
  const stored = readSummary(json, fail);
  // A run of raw inputs has no tokens to tell of.
  return { ...stored, tokens: { ...numberedTokens(places, fail), ...stored.tokens } };
}

/** The attentions that something can be shown of, in the model's order. */
function shownSites({ model }: StoredSummary, places: CapturePlaces) {
  return model.sites.flatMap((site): { site: AttentionSite; placed: SitePlaces }[] => {
    const placed = places.sites.find(other => siteName(other) === siteName(site));
    if (!placed || site.check.result === 'refused') return [];
    const { weights, query, key } = placed.parts;
    return weights || (query && key) ? [{ site, placed }] : [];
  });
}

/** Maps that are read when they are looked at need query and key to tell how large they are. */
function checkExtent({ query, key, weights }: SiteCapture, budget: number, path: string): void {
  if (weights || (query && key)) return;
  throw new InspectorError(
    'out-of-memory',
    `The maps of ${basename(path)} need more memory than the ${formatBytes(budget)} that a capture may take: write fewer layers or a shorter text into it.`,
  );
}

function notesOf({ sites }: CapturePlaces): string[] {
  const parts = sites.map(site => site.parts);
  const texts = Math.max(
    ...parts.flatMap(part => Object.values(part).map(({ dims }) => dims[0])).map(n => n ?? 1),
  );
  return [
    ...(texts > 1 ? [`This file holds ${texts} texts: the first one is shown.`] : []),
    ...(parts.some(part => part.weights && !part.maskedScores && !part.maskedKeyScores)
      ? [
          'This file has no softmax inputs: log weights stand for them, and a weight of 0 counts as blocked.',
        ]
      : []),
  ];
}

function missingMaps(path: string, placed: SitePlaces | undefined): string {
  const name = basename(path);
  const site = placed ? siteName(placed) : 'this attention';
  const weights = placed?.parts.weights;
  if (weights) {
    return `The maps of ${site} in ${name} need ${formatBytes(2 * bytesOf(weights))}, more than fits: look at a shorter text.`;
  }
  return `${name} holds no weights of ${site}, and a file has no model to run again: inspect the text with its model.`;
}
