import * as vscode from 'vscode';
import { InspectorError, toErrorReport } from '../../protocol/errors';
import type { Experiment, ExperimentNote } from '../../protocol/experiment';
import type { ModelCatalog } from '../models/modelCatalog';
import type { InspectorClient } from '../runs/inspectorClient';
import type { Inspection } from '../runs/inspection';
import { chooseExperiment, showText } from './experiments';
import { chooseList, readList } from './interventionFiles';
import type { Pages } from './pages';
import type { SubjectChoice } from './subjectChoice';

/** What opening lists and experiments needs of the session. */
export interface ListContext {
  readonly context: Pick<vscode.ExtensionContext, 'extensionUri'>;
  readonly client: Pick<InspectorClient, 'call'>;
  readonly inspection: Inspection;
  readonly catalog: ModelCatalog;
  readonly subjects: SubjectChoice;
  readonly pages: Pages;
}

/** Lists of interventions that people open: from files, and with the experiments. */
export class ListChoice {
  /** What is told of the experiment that was opened last; pages show it beside its text. */
  note: ExperimentNote | undefined;

  constructor(private readonly parts: ListContext) {}

  /** Runs the text on show with the list of a file, or asks for one; what fails is said in a message. */
  async openList(place?: vscode.Uri): Promise<void> {
    const file = place ?? (await chooseList());
    if (!file) return;
    try {
      const list = await readList(file, this.parts.client);
      const { inspection, subjects, pages } = this.parts;
      if (inspection.state.kind === 'empty') await subjects.inspectSelection();
      if (inspection.state.kind !== 'ready') return;
      await pages.seen();
      pages.send('intervene', {});
      await inspection.setInterventions(list);
    } catch (error) {
      void vscode.window.showErrorMessage(messageOf(error));
    }
  }

  /** Runs an experiment that people choose. */
  async openExperiment(): Promise<void> {
    const { extensionUri } = this.parts.context;
    const experiment = await chooseExperiment(extensionUri);
    if (experiment) await this.run(experiment, await showText(extensionUri, experiment));
  }

  private async run(experiment: Experiment, editor: vscode.TextEditor): Promise<void> {
    const { catalog, inspection, subjects, pages } = this.parts;
    const { text, target, locus, title, asks, look, otherText } = experiment;
    await catalog.choose(experiment.model);
    const { path } = await catalog.find(experiment.model);
    const list = experiment.interventions.map(one => ({ kind: 'intervention' as const, ...one }));
    inspection.keepInterventions({ model: path, text: { text }, target, list });
    await subjects.inspectEditor(editor);
    if (target !== undefined) await inspection.setTarget(target);
    const { capture } = inspection;
    if (!capture) return;
    this.note = { title, asks, text, look };
    await pages.seen();
    pages.send('experiment', this.note);
    pages.send('intervene', otherText === undefined ? {} : { otherText });
    const { stack, kind, ...place } = locus;
    const at = { block: { stack, kind }, aggregate: 'head', ...place } as const;
    pages.send('locus', { capture: capture.id, ...at });
  }
}

function messageOf(error: unknown): string {
  if (error instanceof InspectorError) return error.message;
  return `The list was not opened. ${toErrorReport(error).message}`;
}
