import * as v from 'valibot';
import * as vscode from 'vscode';
import { experimentSchema, type Experiment } from '../../protocol/experiment';

/** Texts of the experiments, a line each; the file that is shown beside the panel. */
const TEXTS = 'experiments.txt';

/** The experiments in the order of their files. */
export async function readExperiments(extension: vscode.Uri): Promise<readonly Experiment[]> {
  const folder = vscode.Uri.joinPath(extension, 'samples', 'experiments');
  const files = await vscode.workspace.fs.readDirectory(folder);
  const names = files.map(([name]) => name).filter(name => name.endsWith('.json'));
  return Promise.all(
    names.sort().map(async name => {
      const bytes = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder, name));
      return v.parse(experimentSchema, JSON.parse(new TextDecoder().decode(bytes)));
    }),
  );
}

/** Lets people choose an experiment; undefined where they left the list. */
export async function chooseExperiment(extension: vscode.Uri): Promise<Experiment | undefined> {
  const items = (await readExperiments(extension)).map(experiment => ({
    label: experiment.title,
    description: experiment.model,
    detail: experiment.asks,
    experiment,
  }));
  const chosen = await vscode.window.showQuickPick(items, {
    title: 'Open an experiment',
    placeHolder:
      'Each runs a bundled model on a short text, with interventions to switch on and off.',
    matchOnDetail: true,
  });
  return chosen?.experiment;
}

/** Shows the text of an experiment in an editor, selected. */
export async function showText(
  extension: vscode.Uri,
  { text }: Experiment,
): Promise<vscode.TextEditor> {
  const file = vscode.Uri.joinPath(extension, 'samples', TEXTS);
  const document = await vscode.workspace.openTextDocument(file);
  const start = Math.max(0, document.getText().indexOf(text));
  return vscode.window.showTextDocument(document, {
    viewColumn: vscode.ViewColumn.One,
    selection: new vscode.Range(
      document.positionAt(start),
      document.positionAt(start + text.length),
    ),
  });
}
