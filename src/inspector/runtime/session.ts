import { InspectorError } from '../../protocol/errors';
import { widenHalves } from '../../protocol/float16';
import * as ort from './ort';
import type { Tensor } from './tensor';

/** How a session keeps the weights of a model that is large for its machine. */
export interface WeightsInMemory {
  /** Copies of them are arranged for products: quicker in runs. Otherwise they stay in their files. */
  readonly isPacked: boolean;
  /** Those of half precision are widened once, instead of in every run. */
  readonly isWidened: boolean;
}

/** What the runtime is told of a session. */
export interface ThreadOptions {
  /** Threads of one operator; the runtime decides where absent. */
  readonly threads?: number;
  /** Nodes run as they stand, which opens many small ones in a tenth of the time. */
  readonly isPlain?: boolean;
  /** The runtime's own way where absent: packed and widened. */
  readonly weights?: WeightsInMemory;
}

export interface SessionOptions extends ThreadOptions {
  /** Where the runtime works; this thread where absent. */
  readonly runtime?: Runtime;
}

/** Values of the runtime by the name of their tensor. */
export type RuntimeTensors = Readonly<Record<string, ort.Tensor>>;

/** A model in the runtime, wherever that works. */
export interface OpenSession {
  run(feeds: RuntimeTensors, fetches: readonly string[]): Promise<RuntimeTensors>;
  release(): Promise<void>;
}

/** A place where the runtime works. */
export interface Runtime {
  open(model: Uint8Array, folder: string, options: ThreadOptions): Promise<OpenSession>;
}

/** Opens a session in this thread, which is blocked while it opens and runs. */
export function openHere(
  model: Uint8Array,
  folder: string,
  { threads, isPlain = false, weights = asUsual }: ThreadOptions,
): Promise<ort.InferenceSession> {
  return ort.InferenceSession.create(model, {
    graphOptimizationLevel: isPlain ? 'disabled' : 'all',
    logSeverityLevel: 4,
    ...(threads ? { intraOpNumThreads: threads } : {}),
    // What is widened in a run must be given back after it.
    ...(weights.isWidened ? {} : { enableCpuMemArena: false }),
    extra: {
      session: {
        model_external_initializers_file_folder_path: folder,
        ...(weights.isPacked ? {} : { disable_prepacking: '1' }),
      },
      ...(weights.isWidened
        ? {}
        : { optimization: { disable_specified_optimizers: 'ConstantFolding' } }),
    },
  });
}

const asUsual: WeightsInMemory = { isPacked: true, isWidened: true };

const here: Runtime = {
  open: async (model, folder, options) => {
    const session = await openHere(model, folder, options);
    return {
      run: (feeds, fetches) => session.run(feeds, [...fetches]),
      release: () => session.release(),
    };
  },
};

/** A model in the runtime. */
export class Session {
  private constructor(private readonly session: OpenSession) {}

  /**
   * @param model serialized; its external data is relative to `folder`
   * @throws InspectorError `model-unsupported`, `out-of-memory`
   */
  static async open(
    model: Uint8Array,
    folder: string,
    { runtime = here, threads, isPlain, weights }: SessionOptions = {},
  ): Promise<Session> {
    try {
      const session = await runtime.open(model, folder, {
        ...(threads ? { threads } : {}),
        ...(isPlain ? { isPlain } : {}),
        ...(weights ? { weights } : {}),
      });
      return new Session(session);
    } catch (cause) {
      throw runtimeError('model-unsupported', unsupported(cause), cause);
    }
  }

  /** @throws InspectorError `inputs-wrong`, `out-of-memory` */
  async run(feeds: RuntimeTensors, fetches: readonly string[]): Promise<RuntimeTensors> {
    try {
      return await this.session.run(feeds, fetches);
    } catch (cause) {
      const what =
        'The model cannot be run with these inputs: see the log for what the runtime says.';
      throw runtimeError('inputs-wrong', what, cause);
    }
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}

/** Why a model cannot be loaded: by the operator's name where the runtime says which has no kernel. */
function unsupported(cause: unknown): string {
  const said = cause instanceof Error ? cause.message : '';
  const [, operator] = /Could not find an implementation for (\w{1,64})\(/.exec(said) ?? [];
  return operator === undefined
    ? 'The runtime cannot load this model, which uses an operator or type that it does not support: choose another export, or see the log.'
    : `The runtime does not compute the operator ${operator} on the processor: choose another export of this model.`;
}

function runtimeError(
  code: 'model-unsupported' | 'inputs-wrong',
  message: string,
  cause: unknown,
): InspectorError {
  if (cause instanceof InspectorError) return cause;
  const detail = cause instanceof Error ? cause.message : String(cause);
  if (/bad_alloc|failed to allocate|out of memory|allocation failed/i.test(detail)) {
    const sentence =
      'The model needs more memory than there is: use a shorter text or a smaller model.';
    return new InspectorError('out-of-memory', sentence, { cause });
  }
  return new InspectorError(code, message, { cause, detail });
}

/** The values of a runtime tensor as float32, without a copy where they are already. */
export function toTensor(value: ort.Tensor): Tensor {
  const { dims, data } = value;
  if (data instanceof Float32Array) return { dims, data };
  if (data instanceof Uint16Array) return { dims, data: widenHalves(data) };
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    return { dims, data: Float32Array.from(data, Number) };
  }
  // Float64Array, integers, and Float16Array on newer Node.
  return { dims, data: Float32Array.from(data as Float64Array) };
}

/** A half-precision tensor as float32, the way it can be fed again on every version of Node. */
export function widened(value: ort.Tensor): ort.Tensor {
  const { data, dims } = toTensor(value);
  return new ort.Tensor('float32', data, dims);
}
