import { InspectorError } from '../../protocol/errors';
import { bytesOfRun, MEMORY_BUDGET } from '../model/tensors/memoryBudget';
import type { Capture } from './capture';

/** Captures kept: the panel's, those beside it in all views, and what each of two is about to replace. */
const KEPT = 8;

/**
 * The captures used last, by id. All of them together keep to the memory budget: those that nobody
 * looked at for longest give their maps back, which are then computed when somebody looks, and where
 * that is not enough they are dropped.
 */
export class CaptureStore {
  private readonly captures = new Map<string, Capture>();

  /** @param budget bytes that all captures together may take */
  add(capture: Capture, budget = MEMORY_BUDGET): void {
    this.captures.set(capture.summary.id, capture);
    while (this.captures.size > KEPT) this.dropOldest();
    this.makeRoom(0, budget, capture);
  }

  /**
   * Frees memory before a run that will take `bytes`.
   * @param spared keeps its maps and stays, however large it is
   */
  makeRoom(bytes: number, budget: number, spared?: Capture): void {
    const isOver = () => bytes + this.bytes() > budget;
    for (const capture of this.captures.values()) {
      if (capture !== spared && isOver()) capture.releaseMaps();
    }
    const others = [...this.captures.values()].filter(capture => capture !== spared);
    for (const { summary } of others) if (isOver()) this.release(summary.id);
  }

  get(id: string): Capture {
    const capture = this.captures.get(id);
    if (!capture) {
      throw new InspectorError('capture-missing', 'This run is no longer in memory. Run it again.');
    }
    this.captures.delete(id);
    this.captures.set(id, capture);
    return capture;
  }

  release(id: string): void {
    this.captures.delete(id);
  }

  private dropOldest(): void {
    for (const id of this.captures.keys()) {
      this.captures.delete(id);
      break;
    }
  }

  private bytes(): number {
    return bytesOfRun([...this.captures.values()].map(({ run }) => run));
  }
}
