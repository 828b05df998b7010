import * as v from 'valibot';
import * as vscode from 'vscode';
import { InspectorError } from '../../protocol/errors';
import type { SourceFit, SourcePlace } from '../../protocol/source';
import { findSource, type SourceFolders } from './findSource';
import { lineInFile } from './lineInFile';
import { packageFolders } from './pythonPackages';
import { revealRange } from './revealRange';

/**
 * Shows a place of a model's source in an editor, if its file is on this machine.
 * @returns how the line there compares with the one that was exported
 * @throws InspectorError where VS Code does not open the file
 */
export async function openSource(place: SourcePlace): Promise<SourceFit> {
  const found = await findSource(place, await sourceFolders());
  if (found === undefined) return 'missing';
  const document = await opened(vscode.Uri.file(found));
  const lines = document.getText().split(/\r?\n/);
  const { line, fit } = lineInFile(lines, place.line, place.code);
  await revealRange(document, document.lineAt(line - 1).range);
  return fit;
}

async function opened(uri: vscode.Uri): Promise<vscode.TextDocument> {
  try {
    return await vscode.workspace.openTextDocument(uri);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InspectorError('inputs-wrong', `${uri.fsPath} cannot be opened: ${reason}.`, {
      cause,
    });
  }
}

/** Files that a search gives at most. */
const MOST_FILES = 20;
const EXCLUDED = '**/{node_modules,.git,__pycache__}/**';

async function sourceFolders(): Promise<SourceFolders> {
  const workspace = (vscode.workspace.workspaceFolders ?? [])
    .filter(({ uri }) => uri.scheme === 'file')
    .map(({ uri }) => uri.fsPath);
  const { isTrusted } = vscode.workspace;
  return {
    workspace,
    isTrusted,
    packages: async () => packageFolders(isTrusted ? await interpreters() : [], workspace),
    search: async ending => {
      // Other signs mean something in a pattern.
      if (!/^[\w./ -]+$/.test(ending)) return [];
      const files = await vscode.workspace.findFiles(`**/${ending}`, EXCLUDED, MOST_FILES);
      const local = files.filter(({ scheme }) => scheme === 'file').map(({ fsPath }) => fsPath);
      // A search has no order of its own.
      return local.sort();
    },
  };
}

/** What we use of the Python extension (its `PythonExtension`, since 2023). */
const pythonApi = v.object({
  environments: v.object({ getActiveEnvironmentPath: v.function() }),
});
const environmentPath = v.object({ path: v.string() });

/** Pythons that people chose: in the Python extension, and in its setting. */
async function interpreters(): Promise<string[]> {
  const chosen: unknown = vscode.workspace
    .getConfiguration('python')
    .get<unknown>('defaultInterpreterPath');
  const api: unknown = await vscode.extensions
    .getExtension<unknown>('ms-python.python')
    ?.activate()
    .then(
      exports => exports,
      () => undefined,
    );
  const python = v.safeParse(pythonApi, api);
  const active = python.success
    ? v.safeParse(environmentPath, python.output.environments.getActiveEnvironmentPath())
    : undefined;
  return [
    ...(active?.success ? [active.output.path] : []),
    ...(typeof chosen === 'string' ? [chosen] : []),
  ];
}
