import { InspectorError } from '../../protocol/errors';
import type { Capture } from './capture';

/** Captures kept: the panel's, those beside it in all views, and what each of two is about to replace. */
const KEPT = 8;

/** The latest captures by id. */
export class CaptureStore {
  private readonly captures = new Map<string, Capture>();

  add(capture: Capture): void {
    this.captures.set(capture.summary.id, capture);
    for (const id of this.captures.keys()) {
      if (this.captures.size <= KEPT) break;
      this.captures.delete(id);
    }
  }

  get(id: string): Capture {
    const capture = this.captures.get(id);
    if (capture) return capture;
    throw new InspectorError('capture-missing', 'This run is no longer in memory. Run it again.');
  }

  release(id: string): void {
    this.captures.delete(id);
  }
}
