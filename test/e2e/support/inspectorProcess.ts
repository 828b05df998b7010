import { readdirSync, readFileSync } from 'node:fs';

/** Process ids of the inspector processes that were started from `extensions`. */
export function inspectorProcesses(extensions: string): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => {
      const command = commandOf(pid);
      return command.includes(extensions) && command.includes('inspector.cjs');
    });
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
