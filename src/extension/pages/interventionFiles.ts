import * as vscode from 'vscode';
import { InspectorError } from '../../protocol/errors';
import type { Intervention, ListedIntervention } from '../../protocol/intervention';
import type { InspectorClient } from '../runs/inspectorClient';
import { fileName } from './fileNames';
import { askPlace, saying } from './saveFiles';

/** What the files of lists are called. */
const EXTENSION = 'interventions.json';
const FILTER = { 'Lists of interventions': ['json'] };

/**
 * Asks where to, beside the text unless told otherwise, and writes a list; what fails is said in a message.
 * @param text document of the text, if it has one
 */
export async function saveList(
  list: readonly ListedIntervention[],
  text: vscode.Uri | undefined,
): Promise<void> {
  await saying(async () => {
    const beside = text?.scheme === 'file' ? text : undefined;
    const name = fileName([beside?.path.split('/').at(-1) ?? 'attention'], EXTENSION);
    const folder = beside && vscode.Uri.joinPath(beside, '..');
    const place = await askPlace(name, FILTER, folder);
    if (!place) return;
    const lines = list.map(one => `  ${JSON.stringify(one)}`).join(',\n');
    const json = list.length === 0 ? '[]\n' : `[\n${lines}\n]\n`;
    await vscode.workspace.fs.writeFile(place, new TextEncoder().encode(json));
  });
}

/** Lets people choose the file of a list; undefined where they left the dialog. */
export async function chooseList(): Promise<vscode.Uri | undefined> {
  const chosen = await vscode.window.showOpenDialog({
    title: 'Attention Debugger: open a list of interventions',
    openLabel: 'Open List',
    filters: FILTER,
  });
  return chosen?.[0];
}

/**
 * Reads the file of a list.
 * @throws InspectorError `inputs-wrong` where it is none, or lies elsewhere than on the disk
 */
export async function readList(
  place: vscode.Uri,
  client: Pick<InspectorClient, 'call'>,
): Promise<readonly Intervention[]> {
  if (place.scheme === 'file') return client.call('interventionList', { path: place.fsPath });
  throw new InspectorError(
    'inputs-wrong',
    'A list of interventions must lie on the disk of the machine that runs the models. Copy it there first.',
  );
}
