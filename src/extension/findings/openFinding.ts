import * as vscode from 'vscode';
import { findingName, type FindingsState } from '../../protocol/findings';
import { InspectorError } from '../../protocol/errors';
import { revealRange } from '../editor/revealRange';
import { placeOfFinding, type FindingHome } from './findingPlace';

/**
 * Opens the place of the text, or the file, that a finding is about. What is no text is shown in the
 * Explorer.
 * @param name its `findingName`
 * @throws InspectorError where there is no such finding any more, or its file cannot be shown
 */
export async function openFinding(
  name: string,
  state: FindingsState,
  home: FindingHome | undefined,
): Promise<void> {
  const all = state.kind === 'ready' ? state.result.findings : [];
  const finding = all.find(one => findingName(one) === name);
  if (!finding || !home) {
    throw new InspectorError(
      'inputs-wrong',
      'That finding is no longer there. Check the model again.',
    );
  }
  const { uri, range, isText } = await placeOfFinding(finding, home);
  if (isText) await revealRange(await vscode.workspace.openTextDocument(uri), range);
  else await showFile(uri);
}

async function showFile(uri: vscode.Uri): Promise<void> {
  if (vscode.workspace.getWorkspaceFolder(uri)) {
    await vscode.commands.executeCommand('revealInExplorer', uri);
    return;
  }
  throw new InspectorError(
    'inputs-wrong',
    `${uri.fsPath} is no text and lies outside this workspace: it cannot be shown here.`,
  );
}
