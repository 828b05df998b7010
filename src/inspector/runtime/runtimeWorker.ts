import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import * as ort from './ort';
import { openHere } from './session';
import type { Answer, Passed, Request, Shared } from './runtimeThread';

/** Serves the thread that started this one: the runtime blocks this thread instead of that. */
function serve(port: MessagePort, { isLeft }: Shared): void {
  const sessions = new Map<number, ort.InferenceSession>();
  const session = (id: number): ort.InferenceSession => {
    const found = sessions.get(id);
    if (found) return found;
    throw new Error('This session is closed.');
  };
  const answer = async (request: Request): Promise<Answer['value']> => {
    if (request.kind === 'open') {
      sessions.set(request.id, await openHere(request.model, request.folder, request.options));
      return undefined;
    }
    if (request.kind === 'release') {
      const closed = session(request.session);
      sessions.delete(request.session);
      await closed.release();
      return undefined;
    }
    const feeds = request.feeds.map(({ name, type, data, dims }) => {
      return [name, new ort.Tensor(type, data, dims)] as const;
    });
    const got = await session(request.session).run(Object.fromEntries(feeds), request.fetches);
    return passed(got);
  };
  port.on('message', (request: Request | undefined) => {
    if (request === undefined || Atomics.load(isLeft, 0) !== 0) process.exit();
    const { id } = request;
    answer(request).then(
      value => port.postMessage({ id, value } satisfies Answer, buffersOf(value)),
      (error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        port.postMessage({ id, value: undefined, error: message } satisfies Answer);
      },
    );
  });
}

function passed(tensors: Readonly<Record<string, ort.Tensor>>): Passed[] {
  return Object.entries(tensors).map(([name, { type, data, dims }]) => ({
    name,
    type,
    data,
    dims,
  }));
}

/** What is moved instead of copied: outputs belong to nobody else. */
function buffersOf(tensors: readonly Passed[] = []): ArrayBuffer[] {
  const buffers = tensors.flatMap(({ data }) =>
    ArrayBuffer.isView(data) && data.buffer instanceof ArrayBuffer ? data.buffer : [],
  );
  return [...new Set(buffers)];
}

if (parentPort) serve(parentPort, workerData as Shared);
