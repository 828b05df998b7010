import * as v from 'valibot';
import * as vscode from 'vscode';
import { InspectorError } from '../../protocol/errors';
import { listSchema, type ListedIntervention } from '../../protocol/intervention';
import { fileName } from './fileNames';
import { askPlace, saying } from './saveFiles';

/** What the files of lists are called. */
const EXTENSION = 'interventions.json';
const FILTER = { 'Lists of interventions': ['json'] };
/** Largest file that is read, in bytes. */
const LARGEST = 1 << 26;

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

/** Reads the file of a list. @throws InspectorError `inputs-wrong` where it is none */
export async function readList(place: vscode.Uri): Promise<readonly ListedIntervention[]> {
  const name = place.path.split('/').at(-1) ?? place.path;
  const { size } = await vscode.workspace.fs.stat(place);
  if (size > LARGEST) throw wrong(name, 'is larger than 64 MB');
  const bytes = await vscode.workspace.fs.readFile(place);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw wrong(name, 'is not JSON');
  }
  const parsed = v.safeParse(listSchema, json);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const at = v.getDotPath(issue);
  throw wrong(
    name,
    `is no list of interventions${at === null ? '' : ` (at ${at})`}: ${issue.message}`,
  );
}

const wrong = (name: string, why: string): InspectorError =>
  new InspectorError(
    'inputs-wrong',
    `${name} ${why}. A list is saved from the panel with Ctrl+S while it is open.`,
  );
