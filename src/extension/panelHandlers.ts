import type { PanelApi, RemedyId } from '../protocol/panel';
import type { Handlers } from '../protocol/rpc';
import { openSettings } from './chooseModel';
import type { EditorLink } from './editorLink';
import type { Inspection } from './inspection';
import type { InspectorClient } from './inspectorClient';
import type { ModelCatalog } from './modelCatalog';
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

async function useModel(reference: string, { catalog, inspection }: PanelActions): Promise<void> {
  const model = await catalog.find(reference);
  await catalog.choose(model.reference);
  await inspection.runAgain();
}

async function carryOut(remedy: RemedyId, actions: PanelActions): Promise<void> {
  switch (remedy) {
    case 'runAgain':
      return actions.runAgain();
    case 'inspectLine':
      return actions.inspectLine();
    case 'chooseModel':
      return actions.chooseModel();
    case 'openSettings':
      return openSettings();
    case 'showLog':
      actions.log.show();
  }
}
