import { addressText } from './address';
import type { HubEnvironment } from './environment';
import type { DownloadPlan } from './plan';
import { sizeText } from './words';

const MOST_LINES = 12;

/** What a model's name is asked for, and with what, before anything is sent. */
export function questionText(name: string, { host, token }: HubEnvironment): string {
  const proof = token === undefined ? '' : `, with your access token (${token.from})`;
  return `The name ${name} is sent to ${host}${proof}, to get the list of its files and its config.json. No weights are fetched before you have seen their size.`;
}

/** One line on what would be fetched. */
export function planTitle({ address, files, bytes, format }: DownloadPlan): string {
  const count = files.length === 1 ? '1 file' : `${files.length} files`;
  return `${addressText(address)}: ${count}, ${sizeText(bytes)}, weights as ${format}`;
}

/**
 * The lines that people decide by: licence, terms, place, and every file with its size.
 * @param present bytes that are here already
 */
export function planLines(
  plan: DownloadPlan,
  { host, cache }: HubEnvironment,
  present: number,
): readonly string[] {
  const { commit, licence, isGated, files, bytes } = plan;
  const lines = [
    `From ${host}, commit ${commit.slice(0, 12)}, into ${cache}.`,
    licence === undefined
      ? 'Licence: the repository names none.'
      : `Licence, as the repository names it: ${licence}.`,
    isGated ? 'Gated: its terms have to be accepted on its page first.' : 'Not gated.',
  ];
  if (present > 0) {
    const rest = Math.max(0, bytes - present);
    lines.push(
      rest === 0
        ? 'All of it is here already.'
        : `${sizeText(present)} are here already; ${sizeText(rest)} are fetched.`,
    );
  }
  // The last ones are the weights: they matter most.
  const left = files.length - MOST_LINES;
  const listed = left > 0 ? files.slice(-MOST_LINES) : files;
  return [
    ...lines,
    '',
    ...(left > 0 ? [`${left} smaller or earlier files, and:`] : []),
    ...listed.map(({ path, size }) => `${path} (${sizeText(size)})`),
  ];
}
