import type { ProbeProgress } from '../../protocol/probes';
import type { Cancellation } from '../../protocol/rpc';
import type { ModelStore } from '../store/modelStore';

/** Where probes are kept and what they are fitted on by default. */
export interface ProbeFiles {
  /** Absolute path of a folder for fitted probes; nothing is kept without one. */
  readonly storage?: string;
  /** Absolute path of the bundled treebank. */
  readonly treebank?: string;
}

/** What work over a whole corpus is done with. */
export interface CorpusWork {
  readonly store: ModelStore;
  /** Does a part of the work that uses models, when no other work does. */
  readonly inTurn: <T>(part: () => Promise<T>) => Promise<T>;
  readonly files: ProbeFiles;
  readonly progress: (value: ProbeProgress) => void;
  /** Ends the work with `cancelled`. */
  readonly signal: Cancellation;
}
