import { widenHalves } from '../../protocol/float16';
import { tileCodes, type HeadScores } from '../../protocol/tileKernel';
import type { TileJob, WorkerAnswer, WorkerHead, WorkerRequest } from './messages';

/** Heads whose vectors are here, float32. */
const heads = new Map<string, HeadScores>();

function open({ name, queries, keys, headDim, scale, mask }: WorkerHead): void {
  const vectors = (count: number) => ({ data: new Float32Array(count * headDim), headDim });
  heads.set(name, { query: vectors(queries), key: vectors(keys), queries, keys, scale, mask });
}

function compute({ head, from, stride, offsets, perCell, cells }: TileJob): Uint8Array {
  const scores = heads.get(head);
  if (!scores) throw new Error(`The vectors of ${head} are not here.`);
  const queries = Array.from(offsets, (_, i) => from + i * stride);
  return tileCodes(scores, { queries, offsets, perCell }, cells);
}

function answer(message: WorkerAnswer, transfer: Transferable[] = []): void {
  self.postMessage(message, { transfer });
}

self.onmessage = ({ data: request }: MessageEvent<WorkerRequest>) => {
  switch (request.kind) {
    case 'open':
      open(request.head);
      break;
    case 'close':
      heads.delete(request.name);
      break;
    case 'vectors': {
      const target = heads.get(request.name)?.[request.part];
      target?.data.set(widenHalves(request.data), request.from * target.headDim);
      break;
    }
    case 'compute':
      try {
        const codes = compute(request.job);
        answer({ id: request.id, codes }, [codes.buffer]);
      } catch (error) {
        answer({ id: request.id, error: String(error) });
      }
  }
};
