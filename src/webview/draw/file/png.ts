import type { Fact } from './figureTable';

/** Device pixels per CSS pixel, and the longest side that browsers draw for sure. */
const RATIO = 2;
const LONGEST_SIDE = 8192;

/** An SVG document as PNG, with what is known about it in text chunks. */
export async function toPng(
  svg: string,
  size: { readonly width: number; readonly height: number },
  facts: readonly Fact[],
): Promise<Uint8Array<ArrayBuffer>> {
  const ratio = Math.min(RATIO, LONGEST_SIDE / Math.max(size.width, size.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(size.width * ratio);
  canvas.height = Math.round(size.height * ratio);
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  } finally {
    URL.revokeObjectURL(url);
  }
  const blob = await new Promise<Blob | null>(resolve => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new Error('The browser could not draw the picture.');
  return withText(new Uint8Array(await blob.arrayBuffer()), facts);
}

/** Signature and header chunk of a PNG file, in bytes. */
const HEAD = 8 + 25;

/** A PNG file with the facts as international text chunks (iTXt) after its header. */
export function withText(png: Uint8Array, facts: readonly Fact[]): Uint8Array<ArrayBuffer> {
  const chunks = facts.map(([name, value]) => textChunk(name, value));
  const added = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const result = new Uint8Array(png.length + added);
  result.set(png.subarray(0, HEAD));
  let at = HEAD;
  for (const chunk of chunks) {
    result.set(chunk, at);
    at += chunk.length;
  }
  result.set(png.subarray(HEAD), at);
  return result;
}

/** An iTXt chunk: keyword, no compression, no language, UTF-8. */
function textChunk(keyword: string, value: string): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const data = encoder.encode(`iTXt${keyword}\0\0\0\0\0${value.replaceAll('\0', '\ufffd')}`);
  const chunk = new Uint8Array(8 + data.length);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, data.length - 4);
  chunk.set(data, 4);
  view.setUint32(4 + data.length, checksum(data));
  return chunk;
}

/** CRC-32 as PNG has it. */
function checksum(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
