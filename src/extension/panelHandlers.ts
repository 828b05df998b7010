import type { CaptureSummary } from '../protocol/capture';
import { InspectorError } from '../protocol/errors';
import type { PanelApi, RemedyId } from '../protocol/panel';
import type { Handlers } from '../protocol/rpc';
import { openSettings } from './chooseModel';
import type { EditorLink } from './editorLink';
import type { Inspection } from './inspection';
import type { InspectorClient } from './inspectorClient';
import type { ModelCatalog } from './modelCatalog';
import { saveCapture, saveFigure } from './saveFiles';
import { traceText } from './textTrace';

/** What the panel's wishes are carried out with. */
export interface PanelActions {
  readonly inspection: Inspection;
  readonly link: EditorLink;
  readonly client: InspectorClient;
  readonly catalog: ModelCatalog;
  readonly log: { show(): void };
  /** The page is there and wants to know what to show. */
  ready(): Promise<void>;
  runAgain(): Promise<void>;
  inspectLine(): Promise<void>;
  chooseModel(): Promise<void>;
  openCapture(): Promise<void>;
}

/** Answers everything that the panel may ask. */
export function panelHandlers(actions: PanelActions): Handlers<PanelApi> {
  const { inspection, link } = actions;
  return {
    ready: () => actions.ready(),
    overview: params => inspection.slice('overview', params),
    map: params => inspection.slice('map', params),
    row: params => inspection.slice('row', params),
    pair: params => inspection.slice('pair', params),
    headFacts: params => inspection.slice('headFacts', params),
    computation: params => inspection.slice('computation', params),
    shares: params => inspection.slice('shares', params),
    predictions: params => inspection.slice('predictions', params),
    tilePlan: params => inspection.slice('tilePlan', params),
    vectors: params => inspection.slice('vectors', params),
    rowStatistics: params => inspection.slice('rowStatistics', params),
    tile: params => inspection.slice('tile', params),
    difference: params => actions.client.call('difference', params),
    divergence: params => actions.client.call('divergence', params),
    runSide: () => notYet(),
    closeSide: () => notYet(),
    setTarget: ({ target }) => inspection.setTarget(target),
    generateTarget: () => inspection.generateTarget(),
    shareLocus: () => notYet(),
    saveFigure,
    saveCapture: ({ capture }) => saveCapture(shownCapture(capture, inspection), actions.client),
    trace: ({ model }) => traceText(inspection.capture, model, actions),
    hoverToken: ({ token }) => {
      link.mark(token);
      return Promise.resolve();
    },
    revealToken: ({ token }) => link.reveal(token),
    useModel: ({ reference }) => useModel(reference, actions),
    remedy: ({ remedy }) => carryOut(remedy, actions),
    cancel: () => {
      inspection.cancel();
      return Promise.resolve();
    },
  };
}

function notYet(): Promise<void> {
  return Promise.reject(new InspectorError('internal', 'This is not there yet.'));
}

/** The capture on show. @throws InspectorError where another one was asked for. */
function shownCapture(id: string, { capture }: Inspection): CaptureSummary {
  if (capture?.id === id) return capture;
  throw new InspectorError('capture-missing', 'That run is no longer on show. Run it again.');
}

async function useModel(reference: string, { catalog, inspection }: PanelActions): Promise<void> {
  const model = await catalog.find(reference);
  await catalog.choose(model.reference);
  await inspection.runModel();
}

async function carryOut(remedy: RemedyId, actions: PanelActions): Promise<void> {
  switch (remedy) {
    case 'runAgain':
      return actions.runAgain();
    case 'inspectLine':
      return actions.inspectLine();
    case 'chooseModel':
      return actions.chooseModel();
    case 'openCapture':
      return actions.openCapture();
    case 'openSettings':
      return openSettings();
    case 'showLog':
      actions.log.show();
  }
}
