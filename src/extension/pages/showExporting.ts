import * as vscode from 'vscode';

/** Shows how to export a model so that all of its attention can be inspected. */
export async function showExporting(extension: vscode.Uri): Promise<void> {
  const page = vscode.Uri.joinPath(extension, 'docs/exporting.md');
  await vscode.commands.executeCommand('markdown.showPreview', page);
}
