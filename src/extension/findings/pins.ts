import type * as vscode from 'vscode';

const KEY = 'pinnedFindings';

/** Names of the findings that people ignore, by the reference of their model; kept with the workspace. */
export class Pins {
  constructor(private readonly memory: Pick<vscode.Memento, 'get' | 'update'>) {}

  /** Of a model, in the order of their names. */
  of(reference: string): readonly string[] {
    const names = this.stored()[reference];
    return Array.isArray(names) ? names.filter(name => typeof name === 'string') : [];
  }

  /** Ignores a finding of a model from now on, or no longer. */
  async set(reference: string, name: string, isPinned: boolean): Promise<void> {
    const names = new Set(this.of(reference));
    if (isPinned) names.add(name);
    else names.delete(name);
    const all = new Map(Object.entries(this.stored()));
    if (names.size === 0) all.delete(reference);
    else all.set(reference, [...names].sort());
    await this.memory.update(KEY, Object.fromEntries(all));
  }

  /** What another version left behind may be anything. */
  private stored(): Readonly<Record<string, unknown>> {
    const stored = this.memory.get<unknown>(KEY);
    return typeof stored === 'object' && stored !== null
      ? (stored as Readonly<Record<string, unknown>>)
      : {};
  }
}
