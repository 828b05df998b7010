import * as vscode from 'vscode';
import {
  findingName,
  type FindingsState,
  type ModelFinding,
  type Severity,
} from '../../protocol/findings';
import { isMended } from './fileFix';
import { placeOfFinding, type FindingHome } from './findingPlace';

const SEVERITIES: Record<Severity, vscode.DiagnosticSeverity> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  // Nearly every text has some: dots in the editor, and no problem.
  note: vscode.DiagnosticSeverity.Hint,
};

/** A finding as editors list it. */
export interface ListedFinding {
  readonly finding: ModelFinding;
  readonly uri: vscode.Uri;
  readonly diagnostic: vscode.Diagnostic;
}

/** Findings about the main run's model as problems: on the text where they have a place there, else on its files. */
export class FindingDiagnostics implements vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection('attention-debugger');
  private shown: readonly ListedFinding[] = [];
  private last: readonly unknown[] = [];
  /** Counts changes, so that the places of earlier findings are dropped. */
  private turn = 0;

  /** Those that are listed for a document. */
  of({ uri }: Pick<vscode.TextDocument, 'uri'>): readonly ListedFinding[] {
    const key = uri.toString();
    return this.shown.filter(one => one.uri.toString() === key);
  }

  /** Lists what is known of a model; what people ignore, and what its files have no more, goes. */
  async show(state: FindingsState, home: FindingHome | undefined): Promise<void> {
    const now = [state, home?.model, home?.text];
    if (now.every((part, i) => part === this.last[i]) && this.last.length > 0) return;
    this.last = now;
    const turn = ++this.turn;
    const listed = state.kind === 'ready' && home ? await listedIn(state, home) : [];
    if (turn === this.turn) this.list(listed);
  }

  dispose(): void {
    this.turn++;
    this.collection.dispose();
  }

  private list(listed: readonly ListedFinding[]): void {
    this.shown = listed;
    const files = new Map<string, [vscode.Uri, vscode.Diagnostic[]]>();
    for (const { uri, diagnostic } of listed) {
      const [, all] = files.get(uri.toString()) ?? [uri, []];
      files.set(uri.toString(), [uri, [...all, diagnostic]]);
    }
    this.collection.clear();
    this.collection.set([...files.values()]);
  }
}

async function listedIn(
  { result, pinned, isStale }: Extract<FindingsState, { kind: 'ready' }>,
  home: FindingHome,
): Promise<readonly ListedFinding[]> {
  const open = result.findings.filter(finding => !pinned.includes(findingName(finding)));
  const listed = await Promise.all(
    open.map(async finding => {
      // Its characters are others by now.
      if (finding.range && !home.text) return [];
      if (isStale && (await isMended(finding, home.model))) return [];
      const { uri, range } = await placeOfFinding(finding, home);
      return [{ finding, uri, diagnostic: diagnosticOf(finding, range) }];
    }),
  );
  return listed.flat();
}

function diagnosticOf(finding: ModelFinding, range: vscode.Range): vscode.Diagnostic {
  const { code, severity, sentence, remedy } = finding;
  const diagnostic = new vscode.Diagnostic(range, `${sentence}\n${remedy}`, SEVERITIES[severity]);
  diagnostic.source = 'Attention Debugger';
  diagnostic.code = code;
  return diagnostic;
}
