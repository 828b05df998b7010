import path from 'node:path';
import * as vscode from 'vscode';
import { findingName, type FileFix } from '../../protocol/findings';
import { SECTION } from '../settings';
import { fixWords } from './fileFix';
import type { FindingDiagnostics, ListedFinding } from './findingDiagnostics';
import { editOfJson } from './jsonPlaces';
import { fileOfModel } from './modelFile';

/** Commands behind the actions; each is given the `findingName`. */
export const IGNORE_FINDING = `${SECTION}.ignoreFinding`;
export const SHOW_FINDING = `${SECTION}.showFinding`;

/** What people can do about a problem that is a finding. */
export class FindingFixes implements vscode.CodeActionProvider {
  /** @param model path of the main run's model */
  constructor(
    private readonly listed: Pick<FindingDiagnostics, 'of'>,
    private readonly model: () => string | undefined,
  ) {}

  async provideCodeActions(
    document: vscode.TextDocument,
    _range: vscode.Range,
    { diagnostics }: vscode.CodeActionContext,
  ): Promise<vscode.CodeAction[]> {
    const meant = this.listed
      .of(document)
      .filter(({ diagnostic }) => diagnostics.some(one => isSameProblem(one, diagnostic)));
    return (await Promise.all(meant.map(one => this.actionsFor(one)))).flat();
  }

  private async actionsFor({ finding, diagnostic }: ListedFinding): Promise<vscode.CodeAction[]> {
    const name = findingName(finding);
    const model = this.model();
    const edit = finding.fix && model !== undefined ? await editFor(finding.fix, model) : undefined;
    return [
      ...(finding.fix && edit ? [actionOf(fixWords(finding.fix), diagnostic, { edit })] : []),
      actionOf('Ignore for this model', diagnostic, { command: IGNORE_FINDING, name }),
      actionOf('Show in Attention Debugger', diagnostic, { command: SHOW_FINDING, name }),
    ];
  }
}

function actionOf(
  title: string,
  diagnostic: vscode.Diagnostic,
  does:
    { readonly edit: vscode.WorkspaceEdit } | { readonly command: string; readonly name: string },
): vscode.CodeAction {
  const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
  action.diagnostics = [diagnostic];
  if ('edit' in does) {
    action.edit = does.edit;
    action.isPreferred = true;
  } else action.command = { title, command: does.command, arguments: [does.name] };
  return action;
}

/** What sets the value in the file, as it stands in its editor; undefined where it cannot be set. */
async function editFor(fix: FileFix, model: string): Promise<vscode.WorkspaceEdit | undefined> {
  const file = await fileOfModel(model, fix.file, undefined);
  if (path.basename(file) !== fix.file) return undefined;
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(file));
  const edit = editOfJson(document.getText(), fix.path, fix.value);
  if (!edit) return undefined;
  const { start, end, text } = edit;
  const range = new vscode.Range(document.positionAt(start), document.positionAt(end));
  const all = new vscode.WorkspaceEdit();
  all.replace(document.uri, range, text);
  return all;
}

/** VS Code gives back copies of what it was given. */
const isSameProblem = (one: vscode.Diagnostic, other: vscode.Diagnostic): boolean =>
  one.source === other.source &&
  one.code === other.code &&
  one.message === other.message &&
  one.range.isEqual(other.range);
