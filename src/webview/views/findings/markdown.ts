import type { Row } from './rows';

/** Signs that Markdown reads as something else than themselves. */
const escaped = (text: string): string => text.replace(/[\\`*_{}[\]<>#|!]/g, '\\$&');
const code = (text: string): string => {
  const fence = '`'.repeat(
    Math.max(0, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length)) + 1,
  );
  const isTicked = text.startsWith('`') || text.endsWith('`');
  return isTicked ? `${fence} ${text} ${fence}` : `${fence}${text}${fence}`;
};

/** A row as Markdown, for an issue or a message. */
export function markdownOf(row: Row): string {
  const title = [row.name, row.measure].filter(Boolean).map(escaped).join(' · ');
  if (row.kind !== 'finding') return `**${title}**\n\n${escaped(row.sentence)}\n`;
  const { finding } = row;
  const { measured, limit, found, confirmedBy } = finding.decision;
  const lines = [
    `**${finding.severity}: ${title}** (${escaped(row.place)}, ${code(finding.code)})`,
    '',
    escaped(finding.sentence),
    '',
    `- Usual cause: ${escaped(finding.cause)}`,
    `- What to do: ${escaped(finding.remedy)}`,
    `- Measured: ${escaped(measured)}; limit ${code(limit)}, found ${code(found)}`,
    ...(confirmedBy === undefined ? [] : [`- Confirmed by: ${escaped(confirmedBy)}`]),
    `- Would be wrong for: ${escaped(finding.wrongFor)}`,
    ...(finding.node
      ? [`- Node: ${code(finding.node.name)} (${code(finding.node.operator)})`]
      : []),
  ];
  return `${lines.join('\n')}\n`;
}
