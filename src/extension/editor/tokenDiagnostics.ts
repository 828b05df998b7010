import * as vscode from 'vscode';
import type { Finding, FindingCode } from '../../protocol/findings';
import type { InspectorClient } from '../runs/inspectorClient';
import type { FoundModel } from '../models/modelPaths';
import { readSettings, SECTION } from '../settings';
import { LONGEST_PREVIEW } from './tokenizations';
import type { TokenizerWatch } from '../models/tokenizerWatch';

const PAUSE = 500;
/** Documents of VS Code's own that nobody writes. */
const UNCHECKED = new Set(['output', 'debug', 'vscode-settings']);

const SEVERITIES: Record<FindingCode, vscode.DiagnosticSeverity> = {
  'unknown-token': vscode.DiagnosticSeverity.Warning,
  'beyond-maximum': vscode.DiagnosticSeverity.Warning,
  'special-token': vscode.DiagnosticSeverity.Information,
  'invisible-character': vscode.DiagnosticSeverity.Warning,
};

/** What diagnostics are made with. */
export interface DiagnosticSources {
  readonly client: Pick<InspectorClient, 'call'>;
  model(): Promise<FoundModel>;
  /** Tells when documents may be split otherwise. */
  readonly watch: Pick<TokenizerWatch, 'onDidChange'>;
}

/** Lists what the model's tokenizer meets in the visible documents, where the setting asks for it. */
export class TokenDiagnostics implements vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection(SECTION);
  private readonly subscriptions: readonly { dispose(): void }[];
  private readonly dirty = new Set<vscode.TextDocument>();
  private timer: NodeJS.Timeout | undefined;
  /** One document at a time: what changes meanwhile is checked after it. */
  private isChecking = false;

  constructor(private readonly sources: DiagnosticSources) {
    const { workspace, window } = vscode;
    this.subscriptions = [
      this.collection,
      window.onDidChangeVisibleTextEditors(() => this.visibleChanged()),
      workspace.onDidChangeTextDocument(({ document }) => this.changed([document])),
      workspace.onDidCloseTextDocument(document => this.forget(document)),
      sources.watch.onDidChange(() => this.changed(visibleDocuments())),
    ];
    this.visibleChanged();
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private visibleChanged(): void {
    const visible = visibleDocuments();
    const keys = new Set(visible.map(({ uri }) => uri.toString()));
    this.collection.forEach(uri => {
      if (!keys.has(uri.toString())) this.collection.delete(uri);
    });
    this.changed(visible.filter(({ uri }) => !this.collection.has(uri)));
  }

  /** Does no more than setting a timer: this runs with every key. */
  private changed(documents: readonly vscode.TextDocument[]): void {
    for (const document of documents) this.dirty.add(document);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.checkAll(), PAUSE);
  }

  private forget(document: vscode.TextDocument): void {
    this.dirty.delete(document);
    this.collection.delete(document.uri);
  }

  private async checkAll(): Promise<void> {
    if (this.isChecking) return;
    this.isChecking = true;
    for (const document of this.dirty) {
      this.dirty.delete(document);
      const diagnostics = await this.check(document).catch(() => []);
      if (diagnostics) this.collection.set(document.uri, diagnostics);
    }
    this.isChecking = false;
  }

  /** The diagnostics of a document; undefined where it changed meanwhile, and is checked again. */
  private async check(document: vscode.TextDocument): Promise<vscode.Diagnostic[] | undefined> {
    const { diagnostics, maximumTokens } = readSettings(document.uri);
    if (!diagnostics || !isChecked(document)) return [];
    const { version } = document;
    const { path } = await this.sources.model();
    const text = document.getText();
    const findings = await this.sources.client.call('findings', {
      model: path,
      text,
      maximumTokens,
    });
    if (document.isClosed || document.version !== version) return undefined;
    return findings.map(finding => diagnosticOf(document, finding));
  }
}

function visibleDocuments(): vscode.TextDocument[] {
  return [...new Set(vscode.window.visibleTextEditors.map(editor => editor.document))];
}

function isChecked(document: vscode.TextDocument): boolean {
  if (document.isClosed || UNCHECKED.has(document.uri.scheme)) return false;
  if (!visibleDocuments().includes(document)) return false;
  return document.offsetAt(document.lineAt(document.lineCount - 1).range.end) <= LONGEST_PREVIEW;
}

function diagnosticOf(document: vscode.TextDocument, finding: Finding): vscode.Diagnostic {
  const { start, end, message, code } = finding;
  const range = new vscode.Range(document.positionAt(start), document.positionAt(end));
  const diagnostic = new vscode.Diagnostic(range, message, SEVERITIES[code]);
  diagnostic.source = 'Attention Debugger';
  diagnostic.code = code;
  return diagnostic;
}
