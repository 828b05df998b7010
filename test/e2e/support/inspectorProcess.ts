import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

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

/** Waits until a process computes for less than a quarter of 0.2 s. */
export async function untilIdle(pid: number): Promise<void> {
  for (;;) {
    const [started, computed] = [performance.now(), computingTime(pid)];
    await pause(200);
    if (computingTime(pid) - computed < (performance.now() - started) / 4) return;
  }
}

/** Milliseconds that a process has computed on all its threads, in steps of 10. */
export function computingTime(pid: number): number {
  const facts = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in brackets may hold blanks; user and system time are fields 14 and 15, 100 ticks a second.
  const [user = NaN, system = NaN] = facts
    .slice(facts.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return (user + system) * 10;
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
