/** Milliseconds that this process has computed, on all threads: what others take of the machine does not count. */
export function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
