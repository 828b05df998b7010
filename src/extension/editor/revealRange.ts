import * as vscode from 'vscode';

/**
 * Selects a range of a document and moves an editor to it. Sides of a diff and cells of a notebook
 * stay where they are; other documents are brought to the front.
 */
export async function revealRange(
  document: vscode.TextDocument,
  range: vscode.Range,
): Promise<void> {
  const visible = vscode.window.visibleTextEditors.find(editor => editor.document === document);
  if (visible && !hasOwnTab(document.uri)) {
    visible.selection = new vscode.Selection(range.start, range.end);
    visible.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
    return;
  }
  const viewColumn = visible?.viewColumn ?? vscode.ViewColumn.One;
  await vscode.window.showTextDocument(document, { selection: range, viewColumn });
}

function hasOwnTab(uri: vscode.Uri): boolean {
  const key = uri.toString();
  return vscode.window.tabGroups.all
    .flatMap(group => group.tabs)
    .some(({ input }) => input instanceof vscode.TabInputText && input.uri.toString() === key);
}
