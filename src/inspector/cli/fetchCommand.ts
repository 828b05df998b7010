import { createInterface } from 'node:readline/promises';
import { InspectorError } from '../../protocol/errors';
import { readAddress } from '../../hub/address';
import { download, presentBytes, type DownloadProgress } from '../../hub/download';
import { hubEnvironment } from '../../hub/environment';
import { planDownload } from '../../hub/plan';
import { planLines, planTitle, questionText } from '../../hub/planText';
import { sizeText } from '../../hub/words';

/** Milliseconds between two lines of progress. */
const PAUSE = 200;

/**
 * Downloads a model from the Hub and prints the path to open, and nothing else, on stdout. The list of
 * its files is asked for at once, its weights when people have said yes.
 * @param isAgreed they have said so on the command line
 */
export async function fetchCommand(name: string, isAgreed: boolean): Promise<void> {
  const environment = await hubEnvironment();
  const address = readAddress(name, environment.host);
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt);
  try {
    const options = { environment, signal: stop.signal };
    tell(questionText(address.name, environment));
    const plan = await planDownload(address, options);
    const present = await presentBytes(plan, environment.cache);
    tell(planTitle(plan), ...planLines(plan, environment, present));
    if (present < plan.bytes && !isAgreed) await agree(stop.signal);
    const path = await download(plan, { ...options, progress: progressLine() });
    process.stdout.write(`${path}\n`);
  } finally {
    process.off('SIGINT', interrupt);
  }
}

function tell(...lines: readonly string[]): void {
  process.stderr.write(`${lines.join('\n')}\n`);
}

async function agree(signal: AbortSignal): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new InspectorError(
      'inputs-wrong',
      'Nothing was downloaded: add --yes to download without being asked.',
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question('Download? [y/N] ', { signal }).catch(() => '');
    if (/^\s*y(es)?\s*$/i.test(answer)) return;
  } finally {
    terminal.close();
  }
  throw new InspectorError('cancelled', 'Nothing was downloaded.');
}

/** Shows on a terminal how far a download is. */
function progressLine(): (progress: DownloadProgress) => void {
  if (!process.stderr.isTTY) return () => undefined;
  let shown = 0;
  return ({ file, done, total }) => {
    const isEnd = done === total;
    if (!isEnd && Date.now() - shown < PAUSE) return;
    shown = Date.now();
    const line = `${sizeText(done)} of ${sizeText(total)} (${file})`;
    process.stderr.write(`\r\u001B[K${line}${isEnd ? '\n' : ''}`);
  };
}
