import type * as vscode from 'vscode';

const KEY = 'unfinishedDownloads';
const KEPT = 5;

/** Remembers, for all windows, the downloads that were begun and have not ended. */
export class UnfinishedDownloads {
  constructor(private readonly memory: vscode.Memento) {}

  /** Names as people write them, the latest first. */
  get names(): readonly string[] {
    const stored = this.memory.get<unknown>(KEY);
    return Array.isArray(stored) ? stored.filter(entry => typeof entry === 'string') : [];
  }

  async add(name: string): Promise<void> {
    await this.memory.update(KEY, [name, ...this.without(name)].slice(0, KEPT));
  }

  async remove(name: string): Promise<void> {
    await this.memory.update(KEY, this.without(name));
  }

  private without(name: string): readonly string[] {
    return this.names.filter(entry => entry !== name);
  }
}
