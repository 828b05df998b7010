import { join, resolve } from 'node:path';
import { createInspector } from '../../../src/inspector/inspector';
import type { CaptureSummary } from '../../../src/protocol/capture';
import type { FirstDivergence } from '../../../src/protocol/firstDivergence';
import { NEVER_CANCELLED } from '../../../src/protocol/rpc';
import { PanelPage, type OpenOptions } from './panelPage';
import { comparing } from './patchingView';
import { RECIPES, type RecipeName } from './recipes';
import type { DivergenceCase } from './syntheticDivergence';

/** The reference of the other model that people chose. */
export const OTHER_MODEL = '/models/export-2';

/** Opens the Divergence view over made-up numbers. */
export async function openDivergence(
  options: OpenOptions & {
    readonly name?: DivergenceCase;
    /** The comparison goes on until it is let end. */
    readonly isHeld?: boolean;
    /** Why there is no comparison. */
    readonly fault?: string;
  } = {},
): Promise<PanelPage> {
  const { name = 'weights', isHeld = false, fault, capture = 'decoder' } = options;
  const panel = await PanelPage.open({
    capture,
    script: comparing('', OTHER_MODEL, 'divergence'),
    ...options,
  });
  const recipe = RECIPES[capture as RecipeName];
  await panel.page.evaluate(
    ([of, isGoing, why, reference, other]) => {
      const { host } = window;
      host.divergence = { name: of, mayEnd: !isGoing };
      if (why !== null) host.layers.faults['firstDivergence'] = why;
      host.emitModels([{ reference, label: 'export-2', detail: 'model.onnx, float32' }]);
      host.showSide('other', other);
    },
    [name, isHeld, fault ?? null, OTHER_MODEL, { ...recipe, id: 'other-model' }] as const,
  );
  await panel.page.locator('.divergence .sentence', { hasText: /\w/ }).waitFor();
  return panel;
}

/** Opens the Divergence view over what the inspector says of the bundled decoder and another folder. */
export async function openRealDivergence(
  folder: string,
  text: string,
): Promise<{ readonly panel: PanelPage; readonly said: FirstDivergence }> {
  const inspector = createInspector({ treebank: resolve('models/treebank/treebank.conllu') });
  const inspect = (model: string): Promise<CaptureSummary> =>
    inspector.inspect({ model, text, maximumTokens: 512 }, () => undefined, NEVER_CANCELLED);
  const a = await inspect(join(resolve('models'), 'decoder'));
  const b = await inspect(folder);
  const panel = await PanelPage.open({
    capture: 'bridge',
    inspector,
    script: comparing('', OTHER_MODEL, 'divergence'),
  });
  await panel.page.evaluate(
    ([main, other, reference]) => {
      const { host } = window;
      host.emitModels([{ reference, label: 'my-model', detail: 'model.onnx, float32' }]);
      host.showRun(main);
      host.emit('side', { slot: 'other', state: { kind: 'ready', capture: other, stale: false } });
    },
    [a, b, OTHER_MODEL] as const,
  );
  await panel.ready(a.id);
  const asked = { before: a.id, after: b.id };
  const said = await inspector.firstDivergence(asked, () => undefined, NEVER_CANCELLED);
  return { panel, said };
}
