import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Milliseconds of processor time since the process began, and megabytes. */
export interface FirstText {
  readonly open: number;
  /** Null where nothing is run. */
  readonly first: number | null;
  readonly peak: number;
}

/** Opens a model in a process of its own, as the runtime does or as we do, and runs 64 tokens. */
export function firstText(mode: 'runtime' | 'ours', path: string): FirstText {
  const script = join(import.meta.dirname, 'firstText.ts');
  return measured(process.execPath, ['--import', 'tsx', script, mode, path]);
}

/** What a command that measures prints. */
export function measured(command: string, options: readonly string[]): FirstText {
  return JSON.parse(execFileSync(command, options, { encoding: 'utf8' })) as FirstText;
}
