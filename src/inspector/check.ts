import type { ModelFindings } from '../protocol/findings';
import type { CheckParams } from '../protocol/inspector';
import { checkModel, type CheckReporter } from './findings/checkModel';
import type { InstrumentedModel } from './model/instrumentedModel';
import type { InTurn } from './reads';
import type { ModelStore } from './store/modelStore';

/** What a check is made with. */
export interface CheckContext {
  readonly store: ModelStore;
  /**
   * Does what keeps the runtime busy once nothing else does; throws where the check is cancelled. The pass
   * ends by itself: it is short, and a model whose thread is ended has to be opened again.
   */
  readonly turn: InTurn;
  readonly report: CheckReporter;
}

/**
 * Checks a model as its files are now, pass by pass: what else wants the runtime waits for one pass at
 * most.
 * @throws InspectorError `cancelled`, or where the model or its tokenizer cannot be opened
 */
export async function check(
  { model: path, feeds, ...text }: CheckParams,
  { store, turn, report }: CheckContext,
): Promise<ModelFindings> {
  const open = () => store.model(path, feeds);
  const model = passByPass(await turn(open), open, turn);
  return checkModel(model, text, { report, tokenizer: await store.tokenizer(path) });
}

/** A model whose passes each have a turn; one that was closed between two of them is opened again. */
function passByPass(
  model: InstrumentedModel,
  open: () => Promise<InstrumentedModel>,
  turn: InTurn,
): InstrumentedModel {
  return {
    card: model.card,
    files: model.files,
    inputs: model.inputs,
    takesOneRow: model.takesOneRow,
    patches: model.patches,
    run: (...pass) => turn(async () => (await open()).run(...pass)),
    positions: (...asked) => turn(async () => (await open()).positions(...asked)),
    projection: site => model.projection(site),
    headTie: () => model.headTie(),
    head: () => turn(async () => (await open()).head()),
    pieces: () => model.pieces(),
    inside: () => model.inside(),
    dispose: () => Promise.resolve(),
  };
}
