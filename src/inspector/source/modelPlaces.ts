import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { DiskPlace } from '../../protocol/diskModels';

/** What decides where programs keep their models. */
export interface Surroundings {
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** The user's folder. */
  readonly home: string;
  readonly platform: NodeJS.Platform;
}

/** Folders of a program that fetches models. */
export interface ModelPlace {
  readonly place: Exclude<DiskPlace, 'given'>;
  readonly folders: readonly string[];
}

/** Those of this process. */
export function ownSurroundings(): Surroundings {
  return { variables: process.env, home: homedir(), platform: process.platform };
}

/**
 * Where the programs that fetch models keep them, by their own rules: the variable that each reads, else
 * its default on this system. The folders need not be there.
 */
export function modelPlaces({ variables, home, platform }: Surroundings): readonly ModelPlace[] {
  /** A folder as a variable names it: `~` and `$NAME` stand for what they stand for in a shell. */
  const folder = (name: string): string | undefined => {
    const value = variables[name]?.trim() ?? '';
    if (value === '') return undefined;
    const full = value
      .replace(/^~(?=[/\\]|$)/, () => home)
      .replace(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced?: string, bare?: string) => {
        return variables[braced ?? bare ?? ''] ?? whole;
      });
    return resolve(full);
  };
  const caches = folder('XDG_CACHE_HOME') ?? join(home, '.cache');
  const hubHome = folder('HF_HOME') ?? join(caches, 'huggingface');
  const hub = folder('HF_HUB_CACHE') ?? folder('HUGGINGFACE_HUB_CACHE') ?? join(hubHome, 'hub');
  const ollama = folder('OLLAMA_MODELS');
  // On Linux its installer makes a user for the service.
  const ofService = platform === 'linux' ? ['/usr/share/ollama/.ollama/models'] : [];
  return [
    { place: 'huggingface', folders: [hub] },
    {
      place: 'ollama',
      folders: ollama === undefined ? [join(home, '.ollama', 'models'), ...ofService] : [ollama],
    },
    {
      place: 'lmStudio',
      // The second is that of versions before 0.3.
      folders: [join(home, '.lmstudio', 'models'), join(home, '.cache', 'lm-studio', 'models')],
    },
    {
      place: 'llamaCpp',
      folders: [folder('LLAMA_CACHE') ?? llamaCache({ variables, home, platform }, caches)],
    },
  ];
}

function llamaCache({ variables, home, platform }: Surroundings, caches: string): string {
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'llama.cpp');
  if (platform !== 'win32') return join(caches, 'llama.cpp');
  return join(variables.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'llama.cpp');
}
