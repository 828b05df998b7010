import script from 'worker:./tileWorker';
import type { TileJob, WorkerAnswer, WorkerHead, WorkerRequest } from './messages';

/** Computes tiles away from the page's own thread. */
export interface TileComputer {
  open(head: WorkerHead): void;
  close(name: string): void;
  vectors(name: string, part: 'query' | 'key', from: number, data: Uint16Array): void;
  /** Codes of a job. Rejects when the worker cannot be used. */
  compute(job: TileJob): Promise<Uint8Array>;
}

/** A worker from a blob: the page's policy allows those and no other script. */
export class WorkerComputer implements TileComputer {
  private worker: Worker | undefined;
  private nextId = 1;
  private readonly waiting = new Map<
    number,
    { resolve: (codes: Uint8Array) => void; reject: (error: Error) => void }
  >();

  open(head: WorkerHead): void {
    this.post({ kind: 'open', head });
  }

  close(name: string): void {
    this.post({ kind: 'close', name });
  }

  vectors(name: string, part: 'query' | 'key', from: number, data: Uint16Array): void {
    this.post({ kind: 'vectors', name, part, from, data }, [data.buffer]);
  }

  compute(job: TileJob): Promise<Uint8Array> {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.post({ kind: 'compute', id, job }, [job.offsets.buffer]);
    });
  }

  private post(request: WorkerRequest, transfer: Transferable[] = []): void {
    this.worker ??= this.start();
    this.worker.postMessage(request, transfer);
  }

  private start(): Worker {
    const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
    const worker = new Worker(url);
    worker.onmessage = ({ data }: MessageEvent<WorkerAnswer>) => {
      const call = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if ('codes' in data) call?.resolve(data.codes);
      else call?.reject(new Error(data.error));
    };
    worker.onerror = event => {
      const error = new Error(event.message || 'The worker could not be started.');
      for (const { reject } of this.waiting.values()) reject(error);
      this.waiting.clear();
    };
    return worker;
  }
}
