import { fork } from 'node:child_process';
import { basename, extname, join } from 'node:path';
import type * as ort from '../../runtime/ort';
import { InspectorError } from '../../../protocol/errors';
import { shortened } from '../../files/shortened';
import type { Graph, Model, Node } from '../../onnx/file/types';
import { nodeLabel } from '../../onnx/graph/nodeLabel';
import type { RuntimeTensors, SessionOptions, ThreadOptions } from '../../runtime/session';

/** What a process needs to run a graph once. */
export interface Trial {
  readonly model: Uint8Array;
  /** Where the weights are relative to. */
  readonly folder: string;
  readonly options: ThreadOptions;
  readonly feeds: readonly {
    readonly name: string;
    readonly type: ort.Tensor.Type;
    readonly data: ort.Tensor.DataType;
    readonly dims: readonly number[];
  }[];
  readonly output: string;
  /** What the run may take, from the start of the process. */
  readonly milliseconds: number;
  readonly bytes: number;
}

/** Milliseconds that a made-up text may take, and more for files that take long to be read. */
const PATIENCE = 6000;
const BYTES_A_MILLISECOND = 100_000;
/** Bytes that it may take beside the weights, which the runtime may hold twice. */
const MEMORY = 1e9;
/** Milliseconds after which a process that should have ended itself is ended. */
const GRACE = 2000;
const loops = new Set(['Loop', 'Scan']);

/**
 * Runs a graph with loops in a process of its own first: a run cannot be interrupted, so one that does
 * not end would take this process with it. Graphs without loops end by themselves and are not tried.
 * @param serialized the graph
 * @throws InspectorError `model-unsupported` where it does not end in time, or takes too much memory
 */
export async function tryLoops(
  model: Model,
  serialized: Uint8Array,
  folder: string,
  { threads }: SessionOptions,
  feeds: RuntimeTensors,
  output: string,
): Promise<void> {
  const loop = firstLoop(model);
  if (!loop) return;
  const milliseconds = PATIENCE + model.fileSize / BYTES_A_MILLISECOND;
  const bytes = MEMORY + 2 * model.fileSize;
  const values = Object.entries(feeds).map(([name, { type, data, dims }]) => {
    return { name, type, data, dims };
  });
  const started = performance.now();
  const options = threads ? { threads } : {};
  const trial = { model: serialized, folder, options, feeds: values, output, milliseconds, bytes };
  if (await endsByItself(trial)) return;
  const seconds = Math.round((performance.now() - started) / 1000);
  throw new InspectorError(
    'model-unsupported',
    `${shortened(basename(model.path))} was stopped after ${seconds} seconds with a short made-up text: its ${nodeLabel(loop)} may never end. Export the model without loops.`,
  );
}

/** Whether a process that runs the trial is not stopped; what fails in it will fail here as well. */
function endsByItself(trial: Trial): Promise<boolean> {
  // Beside this file, both in the bundle and as source.
  const script = join(import.meta.dirname, `trialProcess${extname(import.meta.filename)}`);
  const child = fork(script, {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), trial.milliseconds + GRACE);
  return new Promise(resolve => {
    child.once('exit', (_, signal) => {
      clearTimeout(timer);
      resolve(signal === null);
    });
    child.once('error', () => undefined);
    child.send(trial);
  });
}

/** The first node that repeats something, wherever it is. */
function firstLoop({ graph, functions }: Model): Node | undefined {
  return loopAmong([...graph.nodes, ...functions.flatMap(({ nodes }) => nodes)]);
}

function loopAmong(nodes: Graph['nodes']): Node | undefined {
  for (const node of nodes) {
    if (loops.has(node.operator)) return node;
    for (const { graph } of node.attributes.values()) {
      const inner = graph && loopAmong(graph.nodes);
      if (inner) return inner;
    }
  }
  return undefined;
}
