import { ModelFile } from '../protocol/modelFiles';
import type { ModelAddress } from './address';
import { chooseFiles } from './chooseFiles';
import { HubConnection, type Fetch } from './connection';
import type { HubEnvironment } from './environment';
import { downloadFailure } from './failures';
import { openFile } from './hubFiles';
import { readListing, type HubFile, type Listing } from './listing';
import { OPENABLE, type Openable, type WeightFormat } from './openable';
import { withStop } from './stop';

/** What would be fetched of a model. */
export interface DownloadPlan {
  readonly address: ModelAddress;
  /** Commit that the files are of. */
  readonly commit: string;
  readonly licence: string | undefined;
  readonly isGated: boolean;
  readonly format: WeightFormat;
  /** The small ones first. */
  readonly files: readonly HubFile[];
  /** Of all files. */
  readonly bytes: number;
  /** Path in the model of what is opened: `''` is its folder. */
  readonly opened: string;
}

/** What planning and downloading are done with. */
export interface HubOptions {
  readonly environment: HubEnvironment;
  readonly signal: AbortSignal;
  readonly fetch?: Fetch;
  /** Milliseconds without a byte after which a connection counts as broken. */
  readonly patience?: number;
}

const LARGEST_CONFIGURATION = 1024 * 1024;
/** No model is larger; a sum of sizes stays exact. */
const LARGEST_MODEL = 2 ** 50;

/**
 * Asks the Hub for the list of a model's files and for its `config.json`, and chooses what is fetched.
 * No weights are.
 * @param openable what can be opened, so that nothing is fetched in vain
 * @throws InspectorError `download-failed`, `cancelled`
 */
export function planDownload(
  address: ModelAddress,
  options: HubOptions,
  openable: Openable = OPENABLE,
): Promise<DownloadPlan> {
  return withStop(options.signal, async () => {
    const { environment } = options;
    const connection = new HubConnection({ ...options, name: address.name });
    const listing = await readListing(address, environment, connection);
    const configuration = await readConfiguration(address.name, listing, environment, connection);
    const choice = chooseFiles(listing.files, {
      address,
      refusal: openable.refuses(configuration),
      formats: openable.formats,
    });
    const bytes = choice.files.reduce((sum, { size }) => sum + size, 0);
    if (bytes > LARGEST_MODEL) {
      throw downloadFailure(
        `${address.name} is said to be ${bytes} bytes large, which no model is: nothing was fetched.`,
      );
    }
    const { commit, licence, isGated } = listing;
    return { address, commit, licence, isGated, ...choice, bytes };
  });
}

/** The contents of the model's `config.json`; empty where it has none. */
async function readConfiguration(
  name: string,
  { commit, files }: Listing,
  environment: HubEnvironment,
  connection: HubConnection,
): Promise<Readonly<Record<string, unknown>>> {
  const file = files.find(({ path }) => path === ModelFile.configuration);
  if (!file) return {};
  if (file.size > LARGEST_CONFIGURATION) {
    throw downloadFailure(`${name} has a config.json of ${file.size} bytes, which is none.`);
  }
  const pieces: Uint8Array[] = [];
  const source = openFile({ name, commit, file, from: 0 }, environment, connection);
  for await (const piece of source) pieces.push(piece);
  const value = parsed(Buffer.concat(pieces).toString());
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw downloadFailure(`The config.json of ${name} is no configuration: nothing was fetched.`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
