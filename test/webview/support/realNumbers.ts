import type { Capture } from '../../../src/inspector/capture/capture';
import { realCapture } from './realCapture';
import { RECIPES, type RecipeName } from './recipes';
import { SyntheticCapture } from './syntheticCapture';

const made = new Map<RecipeName, Capture>();

/** The capture that a page shows, made a second time in the test's own process. */
export function realOf(name: RecipeName): Capture {
  const capture = made.get(name) ?? realCapture(new SyntheticCapture(RECIPES[name]));
  made.set(name, capture);
  return capture;
}
