import type { ChildProcess } from 'node:child_process';

export interface Folders {
  readonly userData: string;
  readonly extensions: string;
}
export interface CodeServer {
  /** Address by `localhost`, with a slash at the end. */
  readonly url: string;
  readonly child: ChildProcess;
  /** Ends the server with all its children. */
  stop(): Promise<void>;
  /** The last lines that it printed. */
  output(): string;
}
export function ensureCodeServer(log?: (message: string) => void): Promise<string>;
export function installExtension(entry: string, options: Folders & { vsix: string }): Promise<void>;
export function startCodeServer(
  entry: string,
  options: Folders & {
    settings?: Record<string, unknown>;
    env?: Record<string, string>;
    trust?: boolean;
    /** Folder with the extensions of VS Code's own that it has; all of them if nothing is said. */
    builtIn?: string;
  },
): Promise<CodeServer>;
