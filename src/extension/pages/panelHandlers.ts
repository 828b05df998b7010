import type * as vscode from 'vscode';
import { eachRead, READS } from '../../protocol/methods';
import type { PanelApi, RemedyId, SharedLocus } from '../../protocol/panel';
import type { Handlers } from '../../protocol/rpc';
import { openSettings } from '../models/chooseModel';
import type { EditorLink } from '../editor/editorLink';
import { openSource } from '../editor/openSource';
import type { Findings } from '../findings/findings';
import type { Inspection } from '../runs/inspection';
import type { InspectorClient } from '../runs/inspectorClient';
import type { ModelCatalog } from '../models/modelCatalog';
import type { ComparedCapture } from './comparedCapture';
import type { Corpora } from './corpora';
import type { FirstSteps } from './firstSteps';
import { saveList } from './interventionFiles';
import type { ListChoice } from './listChoice';
import type { LongWork } from '../runs/longWork';
import { probeHandlers } from './probeHandlers';
import { saveCapture, saveFigure } from './saveFiles';
import { shownCapture } from '../runs/shownCapture';
import { showExporting } from './showExporting';
import type { SideRuns } from '../runs/sideRuns';
import { sourcePlace } from './sourcePlace';
import type { ModelChoice } from './modelChoice';
import type { SubjectChoice } from './subjectChoice';
import { traceText } from './textTrace';

/** What a page's wishes are carried out with. */
export interface PanelActions {
  /** Who asks. */
  readonly page: object;
  readonly inspection: Inspection;
  readonly sides: SideRuns;
  readonly link: EditorLink;
  readonly client: InspectorClient;
  readonly catalog: ModelCatalog;
  readonly corpora: Corpora;
  readonly captures: ComparedCapture;
  readonly work: LongWork;
  readonly findings: Findings;
  readonly log: { show(): void };
  readonly subjects: SubjectChoice;
  readonly models: ModelChoice;
  readonly lists: ListChoice;
  readonly firstSteps: FirstSteps;
  readonly context: Pick<vscode.ExtensionContext, 'extensionUri'>;
  /** The page is there and wants to know what to show. */
  ready(): Promise<void>;
  /** Ends whatever is under way. */
  cancel(): void;
  /** Tells the other pages where this one stands. */
  shareLocus(locus: SharedLocus): void;
}

/** Answers everything that a page may ask. */
export function panelHandlers(actions: PanelActions): Handlers<PanelApi> {
  const { inspection, link, page, sides, work } = actions;
  return {
    ready: () => actions.ready(),
    ...eachRead(
      method => (params, onProgress, signal) =>
        READS[method].isLong
          ? work.run(signal, ending =>
              sides.read(method, params as never, { onProgress, signal: ending }),
            )
          : actions.findings.after(sides.read(method, params as never)),
    ),
    ...probeHandlers(actions),
    setContinuation: ({ tokens }) => inspection.setContinuation(tokens),
    setInterventions: ({ interventions }) => inspection.setInterventions(interventions),
    saveInterventions: ({ list }) => saveList(list, link.text?.uri),
    runSide: params => done(() => sides.open(page, params)),
    chooseCapture: () => actions.captures.choose(),
    closeSide: ({ slot }) => done(() => sides.close(page, slot)),
    inspectText: ({ text }) => actions.subjects.inspectText(text),
    setTarget: ({ target }) => inspection.setTarget(target),
    setChat: ({ chat }) => actions.subjects.readAs(chat ?? undefined),
    setFeeds: ({ feeds }) => inspection.setFeeds(feeds),
    generateTarget: () => inspection.generateTarget(),
    checkModel: () => done(() => actions.findings.check()),
    pinFinding: ({ name, isPinned }) => actions.findings.pin(name, isPinned),
    openFinding: ({ name }) => actions.findings.open(name),
    shareLocus: locus => done(() => actions.shareLocus(locus)),
    saveFigure,
    saveCapture: ({ capture }) => saveCapture(shownCapture(capture, inspection), actions.client),
    trace: ({ model }) => traceText(inspection.capture, model, actions),
    hoverToken: ({ token }) => done(() => link.mark(token)),
    revealToken: ({ token }) => link.reveal(token),
    openSource: wish => openSource(sourcePlace(wish, inspection)),
    useModel: ({ reference }) => useModel(reference, actions),
    remedy: async ({ remedy }) => REMEDIES[remedy](actions),
    cancel: () => done(() => actions.cancel()),
  };
}

function done(work: () => void): Promise<void> {
  work();
  return Promise.resolve();
}

async function useModel(reference: string, { catalog, inspection }: PanelActions): Promise<void> {
  try {
    const model = await catalog.find(reference);
    await catalog.choose(model.reference);
  } catch (error) {
    inspection.replaceFailure(error);
    throw error;
  }
  await inspection.runModel();
}

/** What each remedy does. */
const REMEDIES: Record<RemedyId, (actions: PanelActions) => Promise<void> | void> = {
  runAgain: ({ subjects }) => subjects.runAgain(),
  inspectLine: ({ subjects }) => subjects.inspectLine(),
  chooseModel: ({ models }) => models.chooseModel(),
  openCapture: ({ subjects }) => subjects.openCapture(),
  moveWindow: ({ subjects }) => subjects.inspectFromCursor(),
  nextWindow: ({ subjects }) => subjects.inspectNextWindow(),
  previousWindow: ({ subjects }) => subjects.inspectPreviousWindow(),
  inspectAsText: ({ subjects }) => subjects.readAs(undefined),
  chooseTokenizer: ({ models }) => models.chooseTokenizer(),
  howToExport: ({ context }) => showExporting(context.extensionUri),
  openSample: ({ subjects }) => subjects.inspectSample(),
  openWalkthrough: ({ firstSteps }) => firstSteps.openWalkthrough(),
  openInterventions: ({ lists }) => lists.openList(),
  openExperiment: ({ lists }) => lists.openExperiment(),
  openSettings,
  showLog: ({ log }) => log.show(),
};
