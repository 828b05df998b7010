/** Longest part of a name, in characters; file systems allow 255 bytes for the whole. */
const LONGEST = 48;

/** What Windows does not allow in a name, and what would hide or reorder the characters around it. */
const UNSUITABLE = /[<>:"/\\|?*\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** A file name made of what a model, a text or a figure is called; safe on every system. */
export function fileName(parts: readonly string[], extension: string): string {
  const kept = parts.map(suitable).filter(part => part !== '');
  return `${kept.join(' ') || 'attention'}.${extension}`;
}

function suitable(part: string): string {
  const text = part.replace(UNSUITABLE, ' ').replace(/\s+/g, ' ').trim();
  const short = Array.from(text).slice(0, LONGEST).join('');
  return short.replace(/^[.\s]+|[.\s]+$/g, '');
}
