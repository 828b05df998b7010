import { setTimeout } from 'node:timers/promises';
import * as vscode from 'vscode';
import { SECTION } from '../settings';

/** What the walkthrough ticks off, as people do it; its steps name these in package.json. */
export type FirstStep = 'inspected' | 'sawTokens' | 'chosePlace';

/** Key under which we remember that the walkthrough was offered. */
const WELCOMED = 'welcomed';

/** Milliseconds in which a window that was just opened gets its settings and its editors back. */
const SETTLING = 2000;

/** What leads new users: a sample to try, and the walkthrough. */
export class FirstSteps {
  private readonly done = new Set<FirstStep>();

  constructor(private readonly context: vscode.ExtensionContext) {}

  /** Opens a sample with its first sentence selected, beside nothing that people had open. */
  async openSample(): Promise<vscode.TextEditor> {
    const file = vscode.Uri.joinPath(this.context.extensionUri, 'samples', 'start.txt');
    const document = await vscode.workspace.openTextDocument(file);
    const { range } = document.lineAt(0);
    return vscode.window.showTextDocument(document, {
      viewColumn: vscode.ViewColumn.One,
      selection: range,
    });
  }

  async openWalkthrough(): Promise<void> {
    const { id } = this.context.extension;
    await vscode.commands.executeCommand('workbench.action.openWalkthrough', `${id}#start`, false);
  }

  /**
   * Opens the walkthrough once, where nothing else is open. VS Code does so by itself where people
   * install from its own view, and has a setting against it, which counts here, too.
   */
  async welcome(): Promise<void> {
    const { globalState } = this.context;
    if (globalState.get<boolean>(WELCOMED)) return;
    await globalState.update(WELCOMED, true);
    await setTimeout(SETTLING);
    const wanted = vscode.workspace
      .getConfiguration('workbench.welcomePage.walkthroughs')
      .get<boolean>('openOnInstall');
    const isOpen = vscode.window.tabGroups.all.some(({ tabs }) => tabs.length > 0);
    if (wanted !== false && !isOpen) await this.openWalkthrough();
  }

  /** Ticks a step of the walkthrough off. */
  tick(step: FirstStep): void {
    if (this.done.has(step)) return;
    this.done.add(step);
    void vscode.commands.executeCommand('setContext', `${SECTION}.${step}`, true);
  }
}
