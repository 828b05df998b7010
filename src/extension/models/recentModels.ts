import type * as vscode from 'vscode';

const KEY = 'recentModels';
const KEPT = 5;

/** Remembers, for all windows, the models that were chosen last. */
export class RecentModels {
  constructor(private readonly memory: vscode.Memento) {}

  /** Their references, the latest first. */
  get references(): readonly string[] {
    const stored = this.memory.get<unknown>(KEY);
    return Array.isArray(stored) ? stored.filter(entry => typeof entry === 'string') : [];
  }

  /** Puts a model first; the oldest goes. */
  async add(reference: string): Promise<void> {
    const others = this.references.filter(entry => entry !== reference);
    await this.memory.update(KEY, [reference, ...others].slice(0, KEPT));
  }
}
