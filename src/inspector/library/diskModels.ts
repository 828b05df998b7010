import { basename, join } from 'node:path';
import type { DiskModel, DiskPlace } from '../../protocol/diskModels';
import { isGgufModelName } from '../../protocol/modelFiles';
import { shortened } from '../files/shortened';
import { nameOf } from '../source/source';
import { ggufArchitecture } from '../weights/gguf/ggufArchitectures';
import { GgufMetadata } from '../weights/gguf/ggufMetadata';
import { placeOfModel } from '../source/cachedModel';
import { folderFacts, refusalOf, type Facts } from './folderFacts';
import { ggufFilesIn, ggufName, ggufParts } from './ggufFiles';
import { ggufStart, type GgufStart } from './ggufStart';
import { bytesOf, entriesOf, mapSome, MOST_MODELS } from './listing';
import { memoryNeeded } from './memoryNeeded';
import { ollamaModels } from './ollamaModels';
import { modelPlaces, ownSurroundings, type Surroundings } from '../source/modelPlaces';

/** A place on the disk that may hold a model. */
interface Candidate {
  readonly path: string;
  readonly name: string;
  readonly place: DiskPlace;
}

/**
 * The models at these paths and in the folders of the programs that fetch models, in this order, each
 * once. Only names and headers are read; what is not there or cannot be read is not listed.
 * @param given absolute paths of model folders and files
 */
export async function diskModels(
  given: readonly string[],
  surroundings: Surroundings = ownSurroundings(),
): Promise<readonly DiskModel[]> {
  const named = given.map((path): Candidate => ({ path, name: nameAt(path), place: 'given' }));
  const places = await Promise.all(
    modelPlaces(surroundings).flatMap(({ place, folders }) =>
      folders.map(async folder => {
        const found = await candidatesIn[place](folder);
        return found.slice(0, MOST_MODELS).map(each => ({ ...each, place }));
      }),
    ),
  );
  const candidates = new Map<string, Candidate>();
  for (const each of [...named, ...places.flat()]) {
    if (!candidates.has(each.path)) candidates.set(each.path, each);
  }
  const models = await mapSome([...candidates.values()], modelAt);
  return models.filter(model => model !== undefined);
}

type Finder = (folder: string) => Promise<readonly Omit<Candidate, 'place'>[]>;

const ggufFolder: Finder = async folder => {
  const files = await ggufFilesIn(folder);
  return files.map(path => ({ path, name: ggufName(path) }));
};

const candidatesIn: Readonly<Record<Exclude<DiskPlace, 'given'>, Finder>> = {
  huggingface: async folder => {
    const { folders } = await entriesOf(folder);
    const models = folders.filter(name => name.startsWith('models--'));
    const found = await mapSome(models.slice(0, MOST_MODELS), async name => {
      const snapshot = placeOfModel(join(folder, name));
      const files = await ggufFilesIn(snapshot, 1);
      return [snapshot, ...files].map(path => ({ path, name: nameAt(path) }));
    });
    return found.flat();
  },
  ollama: async folder => {
    const models = await ollamaModels(folder);
    return models.map(({ name, file }) => ({ name, path: file }));
  },
  lmStudio: ggufFolder,
  llamaCpp: ggufFolder,
};

function nameAt(path: string): string {
  if (!isGgufModelName(basename(path))) return nameOf(path);
  const cached = nameOf(path);
  return cached === basename(path) ? ggufName(path) : `${cached}, ${ggufName(path)}`;
}

async function modelAt({ path, name, place }: Candidate): Promise<DiskModel | undefined> {
  const isGguf = place === 'ollama' || isGgufModelName(basename(path));
  const facts = await (isGguf ? ggufFacts(path) : folderFacts(path));
  if (!facts) return undefined;
  const memory = memoryNeeded(facts.format, facts.bytes, facts.precision);
  return { path, name, place, ...facts, ...(facts.refused === undefined ? { memory } : {}) };
}

async function ggufFacts(path: string): Promise<Facts | undefined> {
  const sizes = await Promise.all(ggufParts(path).map(bytesOf));
  const bytes = sizes.reduce((sum, each) => sum + each, 0);
  if (bytes === 0) return undefined;
  const start = await ggufStart(path).catch(() => undefined);
  if (!start) return undefined;
  const { architecture, precision } = start;
  return {
    format: 'GGUF',
    ...(architecture === undefined ? {} : { family: architecture }),
    ...(precision === undefined ? {} : { precision }),
    bytes,
    ...notBuilt(start, path),
    ...refusalOf(path),
  };
}

/** Quantisations whose tables of codes are not there. */
const NO_CODES = /^(IQ[123]|TQ)/;

/** Why a GGUF file will not open, as far as its first values tell. */
function notBuilt(
  { architecture = '', precision = '' }: GgufStart,
  path: string,
): { readonly refused?: string } {
  const metadata = new GgufMetadata(new Map([['general.architecture', architecture]]), path);
  if (!ggufArchitecture(metadata)) {
    const refused = `GGUF files of the architecture “${shortened(architecture)}” are not read: export the model to ONNX, as docs/exporting.md shows.`;
    return { refused };
  }
  if (!NO_CODES.test(precision)) return {};
  const refused = `The quantisation ${precision} is not read: take another one of this model, such as Q4_K_M or Q8_0.`;
  return { refused };
}
